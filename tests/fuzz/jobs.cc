#include "tests/fuzz/jobs.h"

#include "tests/fuzz/fuzz.h"

namespace assay::fuzz {
namespace {

using namespace compute;

const Engine& scalar() {
  static const Engine engine(CpuLevel::scalar, 1);
  return engine;
}
const Engine& best() {
  static const Engine engine(best_cpu_level(), 1);
  return engine;
}

}  // namespace

void check_program(const Program& program, const Caps& caps) {
  const Plan& plan = program.plan();
  require(check_caps(plan, caps).ok(), "an accepted job is within the caps");
  require(plan.reference_cost == saturating_mul(plan.step_ops, plan.steps),
          "the job costs its steps");
  const Result<State> start = program.start(scalar());
  require(start.ok(), "an accepted job starts");
  require(shape_of(start.value()) == plan.state_shape, "the start state has the plan's shape");
  const Result<State> again = program.start(best());
  require(again.ok() && again.value() == start.value(), "the start is equal at every level");
}

Tensor same_unit(const Program& program, std::uint32_t step) {
  const Result<Tensor> one = program.unit(step, scalar());
  const Result<Tensor> other = program.unit(step, best());
  require(one.ok() && other.ok(), "an accepted job runs");
  require(one.value() == other.value(), "a step is equal at every level");
  require(one.value().shape == program.unit_shape(step), "a unit has the shape promised");
  require(one.value().data.size() == one.value().shape.bytes(), "a unit has all its bytes");
  return one.value();
}

Result<State> same_advance(const Program& program, std::uint32_t step, const State& from) {
  State one = from;
  State other = from;
  const Status status = program.advance(step, one, scalar());
  const Status again = program.advance(step, other, best());
  require(status.ok() == again.ok(), "a state is refused at every level or at none");
  if (!accepted(status)) return status.error();
  require(one == other, "a step is equal at every level");
  require(shape_of(one) == program.plan().state_shape, "a state has the plan's shape");
  return one;
}

}  // namespace assay::fuzz
