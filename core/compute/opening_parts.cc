#include "core/compute/opening_parts.h"

#include <set>

namespace assay::compute {

std::vector<PartRef> opening_parts(const Plan& plan, std::span<const std::uint32_t> positions,
                                   std::span<const std::uint64_t> rows) {
  std::vector<PartRef> parts;
  if (plan.shape != Shape::chained) return parts;

  std::set<std::uint32_t> whole;
  for (const std::uint32_t step : positions) {
    if (step > 1) whole.insert(step - 1);
    whole.insert(step);
  }
  std::set<std::uint64_t> leaves;
  for (const std::uint64_t row : rows) {
    for (const LeafRun& run : row_leaves(plan, row)) {
      for (std::uint64_t i = 0; i < run.count; ++i) leaves.insert(run.first + i);
    }
  }
  for (std::uint32_t state = 1; state <= plan.steps; ++state) {
    if (whole.contains(state)) {
      parts.push_back({.state = state, .whole = true, .leaf = 0});
      continue;
    }
    for (const std::uint64_t leaf : leaves) {
      parts.push_back({.state = state, .whole = false, .leaf = leaf});
    }
  }
  return parts;
}

}  // namespace assay::compute
