// Replaying the sampled part of a claim and judging it. Functions of values; any thread, with an
// Engine of its own. A failure of ours is `inconclusive`, never the provider's.
#pragma once

#include <optional>
#include <string>

#include "core/compute/program.h"
#include "core/wire/attestation.h"
#include "core/wire/trace.h"
#include "core/wire/verdict.h"
#include "verifier/scope.h"

namespace assay::verifier {

// A replay that failed is our failure. It must never look like the provider's.
wire::Outcome judge(const Digest& claimed, const Result<Digest>& replayed);

// Does the trace carry the attestation? Its steps are the plan's, its root is the signed one, and
// the subject is the fixed function of it (the last state, or the root of all outputs).
//   unbound      one of these does not hold: says which
Status check_trace(const compute::Plan& plan, const wire::Attestation& attestation,
                   const PublicKey& provider, const wire::Trace& trace);

// Are the delivered bytes the attested result?
//   unbound      no
Status check_result(const compute::Program& program, const Digest& result, ByteView delivered);

// Does the opening hold exactly what the scope asks for, each part proven against the trace?
//   malformed    other parts, or none; a part of the wrong size
//   proof        a part that does not hash to its state in the trace
Status check_opening(const compute::Plan& plan, const wire::Trace& trace, const Scope& scope,
                     const wire::Opening& opening);

struct Report {
  std::vector<wire::Outcome> positions;  // one per scope position
  std::vector<wire::Outcome> rows;       // one per scope row
  std::vector<wire::Outcome> pairs;      // one per scope pair
  wire::Outcome outcome = wire::Outcome::inconclusive;
  std::optional<std::uint32_t> faulty_step;  // the first step shown wrong; 0 is the start state
  std::optional<std::uint64_t> faulty_row;   // where a row shows it
  std::uint64_t ops = 0;                     // multiply-adds replayed
  std::string detail;                        // for people: what differed, or what of ours failed
};

// Replays the scope. The opening must have passed check_opening(); for independent units it is
// empty. Start states are rebuilt from the order and compared with leaf 0.
Report replay(const compute::Program& program, const wire::Trace& trace, const Scope& scope,
              const wire::Opening& opening, const compute::Engine& engine);

// The scalar definition's word on one fault, on the smallest unit that shows it: a row where the
// chain has rows, else the step or tile. This alone convicts or acquits.
//   mismatch      the claim is wrong
//   match         the claim is right: whoever said otherwise computed wrongly
//   inconclusive  our own failure
wire::Outcome convict(const compute::Program& program, const wire::Trace& trace,
                      const wire::Opening& opening, std::uint32_t step,
                      std::optional<std::uint64_t> row);

}  // namespace assay::verifier
