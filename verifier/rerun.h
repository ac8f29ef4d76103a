// An attested job run again on this machine, as far as it takes to find where its trace departs
// from it: what a challenger knows before a dispute, and answers from in one. One thread.
#pragma once

#include <optional>

#include "core/compute/dispute/tape.h"
#include "core/compute/program.h"
#include "core/wire/trace.h"

namespace assay::verifier {

class Rerun {
 public:
  // Runs up to the first step that differs, or to step `last`. `trace` has plan.steps + 1 entries;
  // the program must outlive it. progress(step) after each step.
  //   inconclusive this machine failed; others: those of the program
  static Result<Rerun> run(const compute::Program& program, const wire::Trace& trace,
                           std::uint32_t last, const compute::Engine& engine,
                           const std::function<void(std::uint32_t step)>& progress = {});

  // The first step whose state or output is another than the trace's; none: all are right so far.
  const std::optional<std::uint32_t>& departs() const { return departs_; }
  // The states before the step at which it stopped, for its tape; of chains the last one alone.
  compute::StateSource states() const;

 private:
  explicit Rerun(const compute::Program& program) : program_(&program) {}
  Result<wire::StepDigests> step(std::uint32_t number, const compute::Engine& engine);

  const compute::Program* program_;
  std::vector<compute::State> states_;  // of chains one; appended: 1, 2, …
  std::optional<compute::State> start_;
  std::uint32_t stopped_ = 0;  // the step at which it did
  std::optional<std::uint32_t> departs_;
};

}  // namespace assay::verifier
