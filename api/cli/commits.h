// How often the state of a chained job is hashed: after each step, all of it. The less a step does
// with its state, the more that is beside the work. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "core/compute/program.h"
#include "core/wire/order.h"

namespace assay::cli {

// Of one state, all its tensors together.
std::uint64_t state_bytes(const compute::Plan& plan);

struct CommitAdvice {
  std::uint64_t ops = 0;    // of a step, for each byte of state
  std::uint64_t times = 0;  // as much in a step leaves hashing a percent or two of it, on a CPU
  const char* option = "";  // that says how much a step does
};

// None: hashing is little already, or the order does not choose.
std::optional<CommitAdvice> advise_on_commits(const compute::Plan& plan,
                                              const wire::WorkloadSpec& spec);

// For an order to train that leaves "steps_per_commit" open: so many that the advice is followed,
// as far as they divide its steps, a verifier's caps allow them, and commits are left to draw from.
//   none    one a commit, or the parameters are no order to train
std::optional<std::uint32_t> choose_steps_per_commit(const wire::Json& parameters);

}  // namespace assay::cli
