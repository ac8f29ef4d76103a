#include "reputation/policy/retro.h"

#include <algorithm>
#include <limits>

#include "reputation/policy/slashing.h"

namespace assay::reputation {
namespace {

constexpr std::uint32_t kMillion = 1'000'000;
constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

std::uint64_t clamp64(Wide value) {
  return static_cast<std::uint64_t>(std::min<Wide>(value, kMax));
}

}  // namespace

std::uint32_t retro_coin_ppm(const RetroJob& job, UnixMillis now, const wire::Policy& policy) {
  const std::int64_t age_ms = now - job.attested;
  if (age_ms > 0 && static_cast<std::uint64_t>(age_ms) > policy.retention_ms) return 0;
  Stakes stakes;
  stakes.price = job.price;
  stakes.locked = clamp64(Wide{job.price} * job.stake_factor);
  stakes.detection_ppm = job.detection_ppm;
  return retro_coin_ppm(retro_rate_ppm(stakes, job.tier), job.had_ppm);
}

std::uint64_t retro_slash_amount(std::uint32_t severity_ppm, const RetroBasis& basis) {
  const std::uint64_t reach = clamp64(Wide{basis.free} + basis.unbonding);
  if (severity_ppm > kMillion) return reach;
  return slash_amount(
      severity_ppm,
      {.locked = reach, .free = 0, .price = basis.price, .stake_factor = basis.stake_factor});
}

}  // namespace assay::reputation
