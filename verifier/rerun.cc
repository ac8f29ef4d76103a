#include "verifier/rerun.h"

namespace assay::verifier {

using compute::Shape;
using compute::State;

// The digests of step `number`, whose state becomes the last of `states_`.
Result<wire::StepDigests> Rerun::step(std::uint32_t number, const compute::Engine& engine) {
  switch (program_->plan().shape) {
    case Shape::independent: {
      const Result<compute::Tensor> output = program_->unit(number, engine);
      if (!output.ok()) return output.error();
      return wire::StepDigests{state_digest(*start_), state_digest({output.value()}, engine)};
    }
    case Shape::chained: {
      State state = number == 1 ? *start_ : states_.back();
      const Status advanced = program_->advance(number, state, engine);
      if (!advanced.ok()) return advanced.error();
      const Digest digest = state_digest(state, engine);
      states_.push_back(std::move(state));
      return wire::StepDigests{digest, Digest{}};
    }
    case Shape::appended: break;
  }
  Result<compute::Added> added = program_->append_step(number, states_, engine);
  if (!added.ok()) return added.error();
  states_.push_back(std::move(added.value().state));
  return wire::StepDigests{state_digest(states_.back(), engine),
                           state_digest({added.value().output}, engine)};
}

Result<Rerun> Rerun::run(const compute::Program& program, const wire::Trace& trace,
                         std::uint32_t last, const compute::Engine& engine,
                         const std::function<void(std::uint32_t step)>& progress) {
  Rerun out(program);
  Result<State> start = program.start(engine);
  if (!start.ok()) return start.error();
  out.start_ = std::move(start).value();
  if (wire::StepDigests{state_digest(*out.start_), Digest{}} != trace.front()) {
    out.departs_ = 0;
    return out;
  }
  for (std::uint32_t number = 1; number <= last; ++number) {
    out.stopped_ = number;
    const Result<wire::StepDigests> digests = out.step(number, engine);
    if (!digests.ok()) return digests.error().in("step " + std::to_string(number));
    if (progress) progress(number);
    const bool differs = digests.value() != trace[number];
    if (differs) out.departs_ = number;
    if (differs || number == last) {
      if (!out.states_.empty()) out.states_.pop_back();
      return out;
    }
    const bool chained = program.plan().shape == Shape::chained;
    if (chained && out.states_.size() > 1) out.states_.erase(out.states_.begin());
  }
  return out;
}

compute::StateSource Rerun::states() const {
  return [this](std::uint32_t number) -> Result<State> {
    if (number == 0) return *start_;
    const bool chained = program_->plan().shape == Shape::chained;
    if (chained && number + 1 != stopped_) {
      return fail(Code::internal, "a state that was not kept");
    }
    const std::size_t at = chained ? 0 : number - 1;
    if (at < states_.size()) return states_[at];
    return fail(Code::internal, "a state that was not kept");
  };
}

}  // namespace assay::verifier
