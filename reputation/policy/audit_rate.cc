#include "reputation/policy/audit_rate.h"

#include <algorithm>
#include <limits>

#include "core/base/check.h"
#include "reputation/policy/fold.h"

namespace assay::reputation {
namespace {

constexpr std::uint32_t kMillion = 1'000'000;
constexpr std::uint32_t kCarefulFactor = 4;
constexpr std::uint64_t kRentShare = 10;  // one tenth of the income
constexpr Q30 kLog2Twenty = 4'640'634'955;

std::uint32_t ratio_up_ppm(Wide numerator, Wide denominator) {
  const Wide up = (numerator + denominator - 1) / denominator;
  return static_cast<std::uint32_t>(std::min<Wide>(up, kMillion));
}

std::uint32_t clip(std::uint32_t rate, std::uint32_t floor) {
  return std::min(std::max(rate, floor), kMillion);
}

}  // namespace

std::uint32_t priced_rate_ppm(const Stakes& stakes) {
  ASSAY_CHECK(stakes.detection_ppm >= 1 && stakes.detection_ppm <= kMillion, "d is 1..1,000,000");
  ASSAY_CHECK(stakes.miss_ppm < kMillion, "q_c is below one");
  if (stakes.cheat_cost >= stakes.price) return 0;
  // Both sides four times, since mu = h = 1/4; 5 * 10^18 * 2^64 < 2^128.
  const Wide gain = Wide{5} * (stakes.price - stakes.cheat_cost);
  const Wide risk = Wide{4} * stakes.price + Wide{4} * stakes.locked + stakes.rent;
  return ratio_up_ppm(gain * kMillion * kMillion * kMillion,
                      risk * stakes.detection_ppm * (kMillion - stakes.miss_ppm));
}

std::uint64_t conservative_rent(std::uint64_t income_7d, std::uint64_t income_30d, Tier tier) {
  const std::uint64_t daily = std::min(income_7d / 7, income_30d / 30);
  const Wide rent = Wide{daily} * tier_rule(tier).age_days_min / kRentShare;
  return static_cast<std::uint64_t>(
      std::min<Wide>(rent, std::numeric_limits<std::uint64_t>::max()));
}

std::uint32_t audit_rate_ppm(const AuditStanding& standing, const Stakes& stakes,
                             const wire::Policy& policy) {
  if (standing.attested < policy.first_jobs) return kMillion;
  const std::uint32_t floor = std::max(policy.audit_ppm, tier_rule(standing.tier).audit_floor_ppm);
  const std::uint32_t rate = clip(priced_rate_ppm(stakes), floor);
  if (standing.careful_jobs == 0) return rate;
  return std::min(rate * kCarefulFactor, kMillion);
}

std::uint32_t retro_rate_ppm(Stakes stakes, Tier tier) {
  stakes.rent = 0;
  return clip(priced_rate_ppm(stakes), tier_rule(tier).audit_floor_ppm);
}

std::uint32_t retro_coin_ppm(std::uint32_t owed_ppm, std::uint32_t had_ppm) {
  if (owed_ppm <= had_ppm) return 0;
  return ratio_up_ppm(Wide{owed_ppm - had_ppm} * kMillion, kMillion - had_ppm);
}

std::uint32_t cheat_share_bound_ppm(std::uint64_t audits) {
  if (audits == 0) return kMillion;
  // Rounded up where that makes the power smaller, so that the bound never promises too much.
  const Q30 exponent = kLog2Twenty / audits + 1;
  return ratio_up_ppm(Wide{kOne - exp2_negative(exponent)} * kMillion, kOne);
}

const char* exposure_limit_name(ExposureLimit limit) {
  switch (limit) {
    case ExposureLimit::job_price: return "job price";
    case ExposureLimit::open_jobs: return "open jobs";
    case ExposureLimit::stake: return "stake";
  }
  return "";
}

std::optional<ExposureLimit> exposure_limit(const Exposure& exposure, std::uint64_t price,
                                            Tier tier) {
  const TierRule& rule = tier_rule(tier);
  if (rule.job_price_max != 0 && price > rule.job_price_max) return ExposureLimit::job_price;
  if (rule.open_jobs_max != 0 && exposure.open_jobs >= rule.open_jobs_max) {
    return ExposureLimit::open_jobs;
  }
  const Wide covered = (Wide{exposure.unsettled} + price) * rule.stake_factor;
  if (exposure.bonded_stake && covered > *exposure.bonded_stake) return ExposureLimit::stake;
  return std::nullopt;
}

}  // namespace assay::reputation
