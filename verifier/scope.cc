#include "verifier/scope.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace assay::verifier {
namespace {

std::vector<std::uint32_t> every_step(std::uint32_t steps) {
  std::vector<std::uint32_t> all(steps);
  std::iota(all.begin(), all.end(), 1U);
  return all;
}

}  // namespace

Scope derive_scope(const Digest& seed, const compute::Plan& plan, wire::Assurance assurance,
                   const wire::Policy& policy) {
  if (assurance == wire::Assurance::full) return {every_step(plan.steps), {}};
  const wire::Depth& depth = wire::depth_for(policy, assurance);
  const bool chained = plan.shape == compute::Shape::chained;

  wire::DrawStream stream(seed);
  stream.word();  // the coin
  const std::uint64_t picks = std::min(chained ? depth.steps : depth.units, plan.steps);
  std::set<std::uint32_t> steps;
  for (const std::uint64_t step : stream.distinct(picks, plan.steps)) {
    steps.insert(static_cast<std::uint32_t>(step) + 1);
  }
  Scope scope;
  if (chained) {
    const std::uint64_t rows = std::min<std::uint64_t>(depth.rows, plan.rows);
    if (rows > 0) scope.rows = stream.distinct(rows, plan.rows);
    std::sort(scope.rows.begin(), scope.rows.end());
  } else {
    steps.insert(1);
    steps.insert(plan.steps);
  }
  scope.positions.assign(steps.begin(), steps.end());
  return scope;
}

std::uint32_t detection_ppm(std::uint32_t wrong_ppm, std::uint64_t picks) {
  constexpr std::uint64_t kMillion = 1'000'000;
  constexpr unsigned kBits = 32;
  // (1-f)^k in 32-bit fixed point, rounded up at each step so that the bound is never overstated.
  std::uint64_t miss = std::uint64_t{1} << kBits;
  const std::uint64_t keep = (((kMillion - wrong_ppm) << kBits) + kMillion - 1) / kMillion;
  for (std::uint64_t i = 0; i < picks && miss > 1; ++i) {
    __extension__ typedef unsigned __int128 Wide;
    miss = static_cast<std::uint64_t>((Wide{miss} * keep + ((Wide{1} << kBits) - 1)) >> kBits);
  }
  const std::uint64_t one = std::uint64_t{1} << kBits;
  return static_cast<std::uint32_t>(((one - miss) * kMillion) >> kBits);
}

}  // namespace assay::verifier
