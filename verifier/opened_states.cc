#include "verifier/opened_states.h"

#include <algorithm>
#include <tuple>

namespace assay::verifier {
namespace {

// Parts ascend by state, then whole before leaves, then leaf: check_opening() has seen to that.
const wire::OpenedPart* find_part(const wire::Opening& opening, std::uint32_t state, bool whole,
                                  std::uint64_t leaf) {
  const auto place = [](const wire::OpenedPart& part) {
    return std::tuple(part.state, !part.whole, part.whole ? 0 : part.leaf);
  };
  const std::tuple wanted(state, !whole, whole ? 0 : leaf);
  const auto found = std::ranges::lower_bound(opening.parts, wanted, {}, place);
  return found != opening.parts.end() && place(*found) == wanted ? &*found : nullptr;
}

}  // namespace

Result<compute::State> OpenedStates::whole(std::uint32_t state) const {
  if (state == 0 && start_ != nullptr) return *start_;
  const wire::OpenedPart* part = find_part(opening_, state, true, 0);
  if (part == nullptr) {
    return fail(Code::no_evidence, "state " + std::to_string(state) + " is not opened");
  }
  return compute::state_from_bytes(program_.plan().state_shape, part->data);
}

Result<Bytes> OpenedStates::row(std::uint32_t state, std::uint64_t row) const {
  const compute::Plan& plan = program_.plan();
  if (state == 0 && plan.reach == compute::Reach::same_row) return program_.start_row(row);
  if (state == 0 && start_ != nullptr) return compute::row_of_state(*start_, row);
  if (const wire::OpenedPart* whole = find_part(opening_, state, true, 0)) {
    return compute::row_of_state_bytes(plan, whole->data, row);
  }
  std::vector<Bytes> leaves;
  for (const compute::LeafRun& run : compute::row_leaves(plan, row)) {
    for (std::uint64_t i = 0; i < run.count; ++i) {
      const wire::OpenedPart* part = find_part(opening_, state, false, run.first + i);
      if (part == nullptr) {
        return fail(Code::no_evidence, "row " + std::to_string(row) + " of state " +
                                           std::to_string(state) + " is not opened");
      }
      leaves.push_back(part->data);
    }
  }
  return compute::row_from_leaves(plan, row, leaves);
}

}  // namespace assay::verifier
