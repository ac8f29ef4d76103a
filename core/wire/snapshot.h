// Snapshots: one root over the state of every provider in every class at the end of an epoch, and
// what a final score statement needs to be proven against it.
// Values; any thread. Bytes: FORMAT.md. Vectors: vectors/events/, vectors/score/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/crypto/ed25519.h"
#include "core/wire/statement.h"

namespace assay::wire {

// By the verifier, logged: what the leaves before it make of all scores. It stands at leaf
// `tree_size`, the first leaf after its epoch.
struct Snapshot {
  std::string origin;
  std::uint64_t epoch = 0;      // the last one that is folded in
  std::uint64_t tree_size = 0;  // leaves that are folded in
  Digest root;                  // of the log at that size
  Digest policy;                // in force in that epoch
  std::uint64_t states = 0;     // how many, at least one
  Digest states_root;           // RFC 6962, over their bytes by provider id, then class
  bool operator==(const Snapshot&) const = default;
};
Statement snapshot_statement(const Snapshot& snapshot);  // subject "states", their root
Result<Snapshot> parse_snapshot(std::string_view payload);

// One provider in one class as an epoch ends: all that its score is computed from. Fractions are
// Q30, one = 2^30 (reputation/policy/fixed.h).
struct ScoreState {
  PublicKey provider;
  std::string class_name;
  bool headline = false;  // the provider's lowest audited class: its score in short
  // The record, decayed to this epoch (reputation/policy/fold.h).
  std::uint64_t r = 0, s = 0, fr = 0, fs = 0, slash = 0;
  std::uint32_t proven = 0;
  std::uint64_t hours = 0;
  std::optional<std::uint64_t> last_proven;
  bool tombstoned = false;
  // What it is multiplied by, each at most one, and what caps the product.
  std::uint64_t uptime = 0, performance = 0, stake = 0;
  std::uint32_t age_days = 0;
  std::uint8_t tier = 0;  // 0 entry .. 4 ultra-high
  std::uint64_t attested = 0, audited = 0, passed = 0;
  bool operator==(const ScoreState&) const = default;
};
inline constexpr std::size_t kScoreStateBytesMax = 512;
// One spelling per state.
Bytes score_state_bytes(const ScoreState& state);
//   malformed    anything that score_state_bytes() cannot have written, or a number out of range
Result<ScoreState> parse_score_state(ByteView bytes);

// That a state is in a snapshot: a member of final score statements.
struct ScoreProof {
  std::uint64_t index = 0;   // the snapshot's leaf
  Digest statement;          // its PAE digest
  std::uint64_t states = 0;  // as the snapshot has them
  Digest states_root;
  std::uint64_t state_index = 0;  // below `states`
  Bytes state;
  std::vector<Digest> path;  // its exact length is verify_inclusion()'s to check
  bool operator==(const ScoreProof&) const = default;
};
inline constexpr std::size_t kScoreProofPathMax = 64;
Json score_proof_json(const ScoreProof& proof);
// Reads the object; what is wrong is noted in `in`, as the member `key`.
ScoreProof read_score_proof(Fields& in, std::string_view key);

}  // namespace assay::wire
