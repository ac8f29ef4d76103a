// Answers a challenge: which pieces of which states, with their paths to the committed digests.
// Pure but for the states it computes again; one Engine per call at a time.
//
// The challenge comes from a verifier that may be hostile: it is checked first, so that nobody can
// make us do unbounded work or answer for an attestation that is not ours.
#pragma once

#include "core/compute/dispute/tape.h"
#include "core/compute/opening_parts.h"
#include "core/wire/challenge.h"
#include "core/wire/receipt.h"
#include "prover/execute.h"

namespace assay::prover {

// More than this in one opening is refused: it could not be shipped as evidence. Offers whose
// audits could ask for more are declined (compute::check_openable), so no honest challenge does.
inline constexpr std::uint64_t kOpeningBytesMax = wire::kOpeningFileBytesMax;

// The attestation that we made and the log accepted.
struct OwnClaim {
  Digest job;
  Digest attestation;  // PAE digest
  std::uint64_t log_index = 0;
};

//   unbound      it is about another attestation than `claim`
//   malformed    positions, rows or pairs out of range, out of order or twice; nothing asked for;
//                an opening of more than kOpeningBytesMax
Status check_challenge(const wire::Challenge& challenge, const OwnClaim& claim,
                       const compute::Plan& plan);

// The parts a checked challenge asks for. States that are not kept are computed again, each one
// compared with the trace.
//   interrupted  `cancelled` was set
//   internal     a state computed again differs from the one committed: this machine is faulty
//   others       those of the program
Result<wire::Opening> open_states(const compute::Program& program, const compute::Engine& engine,
                                  const wire::Trace& trace, const StateKeeper& keeper,
                                  const wire::Challenge& challenge,
                                  const std::atomic<bool>* cancelled = nullptr);

// The states of a trace, 0..steps, in whatever order they are asked for: for the tape of a disputed
// step. Borrows all but what it returns. Errors as open_states().
compute::StateSource committed_states(const compute::Program& program,
                                      const compute::Engine& engine, const wire::Trace& trace,
                                      const StateKeeper& keeper,
                                      const std::atomic<bool>* cancelled = nullptr);

// The statement that names this opening file as our answer.
wire::Spotcheck spotcheck_for(const wire::Challenge& challenge, ByteView opening_file);

}  // namespace assay::prover
