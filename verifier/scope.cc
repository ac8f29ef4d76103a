#include "verifier/scope.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace assay::verifier {
namespace {

constexpr std::uint64_t kMillion = 1'000'000;

std::vector<std::uint32_t> every_step(std::uint32_t steps) {
  std::vector<std::uint32_t> all(steps);
  std::iota(all.begin(), all.end(), 1U);
  return all;
}

std::vector<std::uint64_t> draw_pairs(wire::DrawStream& stream, const compute::Plan& plan,
                                      std::uint64_t count) {
  std::vector<std::uint64_t> pairs;
  if (count == 0) return pairs;
  std::vector<std::uint64_t> of_step(plan.steps, count / plan.steps);
  if (const std::uint64_t rest = count % plan.steps; rest > 0) {
    for (const std::uint64_t step : stream.distinct(rest, plan.steps)) ++of_step[step];
  }
  for (std::uint32_t step = 0; step < plan.steps; ++step) {
    if (of_step[step] == 0) continue;
    for (const std::uint64_t row : stream.distinct(of_step[step], plan.rows)) {
      pairs.push_back(step * plan.rows + row);
    }
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

}  // namespace

Scope derive_scope(const Digest& seed, const compute::Plan& plan, wire::Assurance assurance,
                   const wire::Policy& policy) {
  Scope scope;
  if (assurance == wire::Assurance::full) {
    scope.positions = every_step(plan.steps);
    return scope;
  }
  const wire::Depth& depth = wire::depth_for(policy, assurance);
  const bool independent = plan.shape == compute::Shape::independent;

  wire::DrawStream stream(seed);
  stream.word();  // the coin
  const std::uint64_t pairs = compute::pairs_at(plan, depth);
  const bool follows = plan.reach == compute::Reach::same_row;
  const bool thin = pairs > 0 || (follows && depth.rows > 0);
  const std::uint32_t whole = thin ? depth.steps : std::max(depth.steps, 1U);
  const std::uint64_t picks = std::min(independent ? depth.units : whole, plan.steps);
  std::set<std::uint32_t> steps;
  for (const std::uint64_t step : stream.distinct(picks, plan.steps)) {
    steps.insert(static_cast<std::uint32_t>(step) + 1);
  }
  if (independent) {
    steps.insert(1);
    steps.insert(plan.steps);
  } else {
    const bool links_left = depth.micro > 0 && depth.micro < plan.steps && depth.rows == 0;
    const std::uint64_t rows =
        follows ? std::min<std::uint64_t>(links_left ? 1 : depth.rows, plan.rows) : 0;
    if (rows > 0) scope.rows = stream.distinct(rows, plan.rows);
    std::sort(scope.rows.begin(), scope.rows.end());
    scope.pairs = draw_pairs(stream, plan, pairs);
    scope.seed = seed;
    scope.micro_columns = policy.micro_columns;
  }
  scope.positions.assign(steps.begin(), steps.end());
  return scope;
}

Scope appeal_scope(const Digest& seed, const Scope& audited, const compute::Plan& plan,
                   wire::Assurance assurance, const wire::Policy& policy,
                   std::uint32_t faulty_step) {
  Scope scope = audited;
  if (plan.shape != compute::Shape::independent) {
    scope.seed = seed;
    return scope;
  }
  const Scope fresh = derive_scope(seed, plan, assurance, policy);
  std::set<std::uint32_t> steps(audited.positions.begin(), audited.positions.end());
  steps.insert(fresh.positions.begin(), fresh.positions.end());
  if (faulty_step > 0) steps.insert(faulty_step);
  scope.positions.assign(steps.begin(), steps.end());
  return scope;
}

std::vector<std::uint64_t> columns_of(const Scope& scope, const compute::Plan& plan,
                                      std::uint32_t step) {
  const std::uint64_t count = std::min<std::uint64_t>(scope.micro_columns, plan.columns);
  if (count == 0) return {};
  Bytes number;
  put_u32_be(number, step);
  wire::DrawStream stream(sha256({as_bytes("assay/columns/v1\n"), scope.seed.view(), number}));
  std::vector<std::uint64_t> columns = stream.distinct(count, plan.columns);
  std::sort(columns.begin(), columns.end());
  return columns;
}

std::uint32_t detection_ppm(std::uint32_t wrong_ppm, std::uint64_t picks) {
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

std::uint32_t detection_ppm(std::uint32_t rows_wrong_ppm, std::uint64_t pairs,
                            std::uint32_t columns_wrong_ppm, std::uint64_t columns) {
  const std::uint64_t shown = detection_ppm(columns_wrong_ppm, columns);  // of a wrong row
  return detection_ppm(static_cast<std::uint32_t>(rows_wrong_ppm * shown / kMillion), pairs);
}

}  // namespace assay::verifier
