#include "prover/self_check.h"

#include <algorithm>
#include <set>

namespace assay::prover {
namespace {

using compute::Program;
using compute::State;

// `count` of first, first + 1, … first + size - 1 by Floyd's sample, and the two ends; ascending.
template <class T>
std::vector<T> draw(std::uint64_t count, T first, std::uint64_t size, Random& random) {
  count = std::clamp<std::uint64_t>(count, 1, size);
  std::set<T> drawn;
  for (std::uint64_t end = size - count; end < size; ++end) {
    const T pick = first + static_cast<T>(random.below(end + 1));
    if (!drawn.insert(pick).second) drawn.insert(first + static_cast<T>(end));
  }
  drawn.insert(first);
  drawn.insert(first + static_cast<T>(size - 1));
  return {drawn.begin(), drawn.end()};
}

Status wrong(const std::string& what) {
  return fail(Code::inconclusive, "own check: " + what +
                                      " is not what the CPU computes: the device gives wrong bits; "
                                      "nothing was signed");
}

}  // namespace

SelfCheck draw_self_check(const Program& definition, Random& random, std::uint64_t ops_max) {
  const compute::Plan& plan = definition.plan();
  SelfCheck out{&definition, {}, {}};
  if (plan.reach == compute::Reach::same_row) {
    const std::uint64_t row_ops = std::max<std::uint64_t>(1, plan.reference_cost / plan.rows);
    out.rows = draw<std::uint64_t>(ops_max / row_ops, 0, plan.rows, random);
  } else {
    const std::uint64_t step_ops = std::max<std::uint64_t>(1, plan.step_ops);
    out.steps = draw<std::uint32_t>(ops_max / step_ops, 1, plan.steps, random);
  }
  return out;
}

bool SelfChecker::is_drawn(std::uint32_t step) const {
  return std::ranges::binary_search(check_.steps, step);
}

void SelfChecker::start(const State& state) {
  for (const std::uint64_t row : check_.rows) rows_.push_back(compute::row_of_state(state, row));
}

void SelfChecker::before(std::uint32_t step, const State& state) {
  if (is_drawn(step)) before_ = state;
}

Status SelfChecker::after(std::uint32_t step, const State& state) {
  const std::string where = " of step " + std::to_string(step);
  if (is_drawn(step)) {
    const Status moved = check_.definition->advance(step, before_, engine_);
    if (!moved.ok()) return moved.error().in("own check: step " + std::to_string(step));
    return before_ == state ? Status() : wrong("the state" + where);
  }
  if (rows_.empty()) return {};
  Result<std::vector<Bytes>> next = check_.definition->advance_rows(step, rows_, engine_);
  if (!next.ok()) return next.error().in("own check: step " + std::to_string(step));
  rows_ = std::move(next).value();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i] == compute::row_of_state(state, check_.rows[i])) continue;
    return wrong("row " + std::to_string(check_.rows[i]) + where);
  }
  return {};
}

Status SelfChecker::added(std::uint32_t step, std::span<const State> before,
                          const compute::Added& added) const {
  if (!is_drawn(step)) return {};
  const Result<compute::Added> defined =
      check_.definition->append_step_again(step, before, added.state, engine_);
  const std::string name = "step " + std::to_string(step);
  if (!defined.ok()) return defined.error().in("own check: " + name);
  const bool same = defined.value().state == added.state && defined.value().output == added.output;
  return same ? Status() : wrong("what " + name + " adds");
}

Status SelfChecker::unit(std::uint32_t step, const compute::Tensor& output) const {
  if (!is_drawn(step)) return {};
  const Result<compute::Tensor> defined = check_.definition->unit(step, engine_);
  const std::string name = "step " + std::to_string(step);
  if (!defined.ok()) return defined.error().in("own check: " + name);
  return defined.value() == output ? Status() : wrong("the output of " + name);
}

}  // namespace assay::prover
