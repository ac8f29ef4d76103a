// How often the state of a chained job is hashed: after each step, all of it. The less a step does
// with its state, the more that is beside the work. Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "core/compute/program.h"
#include "core/wire/order.h"

namespace assay::cli {

std::uint64_t state_bytes(const compute::Plan& plan);

struct CommitAdvice {
  std::uint64_t ops = 0;    // of a step, for each byte of state
  std::uint64_t times = 0;  // as much in a step makes hashing 3 to 4 % of it on a CPU
  const char* option = "";  // that says how much a step does
};

// None: hashing is little already, or the order does not choose.
std::optional<CommitAdvice> advise_on_commits(const compute::Program& program,
                                              const wire::WorkloadSpec& spec);

// For a `train` order that leaves it open: how many optimiser steps make a step of the chain so
// that the advice is followed, as far as `steps` divide and enough commits are left to draw from.
//   steps_per_commit 1 where there is no advice
std::uint32_t choose_steps_per_commit(const compute::Program& program,
                                      const wire::WorkloadSpec& spec);

}  // namespace assay::cli
