// A deposit on an attestation being wrong: somebody wants it audited, again or for once, at
// positions that a draw after this statement gives under the reason `paid`.
// A value; any thread. Bytes: FORMAT.md "paid-challenge". Vectors: vectors/events/.
#pragma once

#include "core/crypto/ed25519.h"
#include "core/wire/statement.h"

namespace assay::wire {

// By the challenger, any key but the provider's. The deposit pays for the replay and is kept when
// the attestation matches; else it is returned, with a share of what the slash took.
struct PaidChallenge {
  std::uint64_t attestation_index = 0;
  Digest attestation;  // PAE digest of that leaf
  Digest job;
  PublicKey challenger;
  std::uint64_t deposit_micros = 0;  // of the policy's currency; at least the job's price, and 1
};
Statement paid_challenge_statement(const PaidChallenge& challenge);  // subject "attestation"
Result<PaidChallenge> parse_paid_challenge(std::string_view payload);

}  // namespace assay::wire
