#include "core/compute/opening_parts.h"

#include <map>
#include <set>

namespace assay::compute {
namespace {

using Leaves = std::set<std::uint64_t>;

void add_row(const Plan& plan, std::uint64_t row, Leaves& leaves) {
  for (const LeafRun& run : row_leaves(plan, row)) {
    for (std::uint64_t i = 0; i < run.count; ++i) leaves.insert(run.first + i);
  }
}

}  // namespace

std::uint64_t pair_count(const Plan& plan) {
  return plan.columns == 0 ? 0 : plan.steps * plan.rows;
}

Pair pair_at(const Plan& plan, std::uint64_t number) {
  ASSAY_CHECK(number < pair_count(plan), "pair beyond the plan");
  return {static_cast<std::uint32_t>(number / plan.rows) + 1, number % plan.rows};
}

std::vector<PartRef> opening_parts(const Plan& plan, std::span<const std::uint32_t> positions,
                                   std::span<const std::uint64_t> rows,
                                   std::span<const std::uint64_t> pairs) {
  std::vector<PartRef> parts;
  if (plan.shape != Shape::chained) return parts;

  std::set<std::uint32_t> whole;
  for (const std::uint32_t step : positions) {
    if (step > 1) whole.insert(step - 1);
    whole.insert(step);
  }
  Leaves followed;
  for (const std::uint64_t row : rows) add_row(plan, row, followed);
  std::map<std::uint32_t, Leaves> single;
  for (const std::uint64_t number : pairs) {
    const Pair pair = pair_at(plan, number);
    if (pair.step > 1) add_row(plan, pair.row, single[pair.step - 1]);
    add_row(plan, pair.row, single[pair.step]);
  }
  for (std::uint32_t state = 1; state <= plan.steps; ++state) {
    if (whole.contains(state)) {
      parts.push_back({.state = state, .whole = true, .leaf = 0});
      continue;
    }
    Leaves leaves = followed;
    leaves.merge(single[state]);
    for (const std::uint64_t leaf : leaves) {
      parts.push_back({.state = state, .whole = false, .leaf = leaf});
    }
  }
  return parts;
}

}  // namespace assay::compute
