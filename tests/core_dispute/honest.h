// A job as an honest provider runs it: all states, outputs and the trace. A value; borrows nothing.
#pragma once

#include <memory>
#include <vector>

#include "core/compute/dispute/player.h"
#include "core/compute/program.h"

namespace assay::test {

struct Honest {
  std::shared_ptr<const compute::Program> program;
  std::vector<compute::State> states;   // 0..N
  std::vector<compute::State> outputs;  // of one tensor, or none
  wire::Trace trace;

  compute::StateSource source() const {  // borrows this
    return [this](std::uint32_t number) -> Result<compute::State> { return states.at(number); };
  }
};
// The program can be run to its end.
Honest run_honestly(std::shared_ptr<const compute::Program> program, const compute::Engine& engine);

Digest digest_or_zeros(const compute::State& output);

// The tape, but for one element of one operation, which comes out otherwise.
compute::Tape bent_tape(compute::Tape tape, std::uint32_t operation, std::uint64_t element);

}  // namespace assay::test
