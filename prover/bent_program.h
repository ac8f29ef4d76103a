// A Program that computes something else than the one it was made from. Immutable; any thread.
#pragma once

#include "prover/cheat.h"

namespace assay::prover {

using compute::Engine;
using compute::Program;
using compute::State;
using compute::Tensor;

// What it does instead, where it does.
struct Bend {
  std::function<Status(std::uint32_t step, State& state, const Engine& engine)> advance;
  std::function<Result<Tensor>(std::uint32_t step, const Engine& engine)> unit;
  std::function<Result<compute::Added>(std::uint32_t step, std::span<const State> before,
                                       const Engine& engine)>
      append_step = nullptr;
};

using Honest = std::shared_ptr<const Program>;

// A program of the same shape, made from a changed order; none when that one is not valid.
Honest load_other(const CheatJob& job, const Honest& honest, const wire::WorkloadSpec& spec,
                  const compute::InputSource& inputs);
// Does all that `other` does; nothing where there is none.
Bend like(const Honest& other);

class BentProgram final : public Program, public compute::DisputedSteps {
 public:
  BentProgram(std::shared_ptr<const Program> honest, Bend bend)
      : Program(honest->plan()), honest_(std::move(honest)), bend_(std::move(bend)) {}

  Result<State> start(const Engine& engine) const override { return honest_->start(engine); }
  Status advance(std::uint32_t step, State& state, const Engine& engine) const override {
    return bend_.advance ? bend_.advance(step, state, engine)
                         : honest_->advance(step, state, engine);
  }
  Result<Tensor> unit(std::uint32_t step, const Engine& engine) const override {
    return bend_.unit ? bend_.unit(step, engine) : honest_->unit(step, engine);
  }
  Result<compute::Added> append_step(std::uint32_t step, std::span<const State> before,
                                     const Engine& engine) const override {
    return bend_.append_step ? bend_.append_step(step, before, engine)
                             : honest_->append_step(step, before, engine);
  }
  compute::TensorShape unit_shape(std::uint32_t step) const override {
    return honest_->unit_shape(step);
  }
  Result<compute::Artefact> artefact(ByteView result) const override {
    return honest_->artefact(result);
  }

  // In a dispute it can but tell how the step should have gone.
  Result<compute::Tape> step_tape(std::uint32_t step) const override {
    return compute::tape_of(*honest_, step, Engine());
  }

 private:
  std::shared_ptr<const Program> honest_;
  Bend bend_;
};

// A cheat that bends each program by itself: make_bend(const CheatJob&, shared honest program).
template <class MakeBend>
Cheat bending(MakeBend make_bend) {
  Cheat cheat;
  cheat.active = true;
  cheat.program = [make_bend](const CheatJob& job,
                              std::unique_ptr<Program> program) -> std::unique_ptr<Program> {
    const std::shared_ptr<const Program> honest = std::move(program);
    return std::make_unique<BentProgram>(honest, make_bend(job, honest));
  };
  return cheat;
}

}  // namespace assay::prover
