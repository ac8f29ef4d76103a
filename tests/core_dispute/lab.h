// Two sides of a dispute in one process: an honest trace, a claim that differs from it, and the
// moves played to the end.
#pragma once

#include "core/base/random.h"
#include "tests/core_dispute/honest.h"
#include "tests/core_dispute/jobs.h"

namespace assay::test {

// Once for all tests.
const Honest& run_of(const NamedJob& job);

// What a provider claims of one step, and what it says of the operations.
struct Claim {
  wire::Trace trace;
  compute::State state;
  compute::State output;
  compute::Tape tape;
};
Claim honest_claim(const Honest& honest, std::uint32_t step);
// One element of one operation's tensor comes out otherwise, and all that follows from it does.
Claim bent_claim(const Honest& honest, std::uint32_t step, std::uint32_t operation,
                 std::uint64_t element);

struct Played {
  bool over = false;
  bool provider_lied = false;
  std::uint32_t answers = 0;
  std::size_t conviction_bytes = 0;
  double check_ms = 0;
  std::string problem;
};
// An honest challenger against the provider of the claim.
Played play(const Honest& honest, const Claim& claim, std::uint32_t step);

}  // namespace assay::test
