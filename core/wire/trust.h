// policy.txt: whom somebody trusts. A C2SP tlog-policy file that strangers' tools can read, with
// three comment lines of ours; and the check of a checkpoint against it.
// Values and pure functions; any thread. Vectors: vectors/trust/.
//
//   log log.example/assay+… https://log.example
//   witness w1 witness.example/w1+…
//   witness w2 witness.example/w2+…
//   group both all w1 w2
//   quorum both
//   #assay-verifier <hex key>      who may sign draws, verdicts and slash records
//   #assay-vrf <hex key>           whose VRF proofs draw the positions
//   #assay-policy <hex digest>     a policy document that the service may run by, one line for each
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/wire/checkpoint.h"

namespace assay::wire {

inline constexpr std::size_t kTrustBytesMax = std::size_t{64} << 10;

struct TrustedLog {
  NoteKey key;      // type ed25519; its name is the origin of the log's checkpoints
  std::string url;  // may be empty
  bool operator==(const TrustedLog&) const = default;
};

struct TrustedWitness {
  std::string name;  // within this file
  NoteKey key;       // type cosignature
  std::string url;
  bool operator==(const TrustedWitness&) const = default;
};

struct WitnessGroup {
  std::string name;
  std::uint32_t threshold = 1;       // 1..members.size()
  std::vector<std::string> members;  // witnesses and earlier groups; each in one group at most
  bool operator==(const WitnessGroup&) const = default;
};

struct Trust {
  std::vector<TrustedLog> logs;
  std::vector<TrustedWitness> witnesses;
  std::vector<WitnessGroup> groups;
  std::string quorum = "none";  // a witness, a group, or "none": no cosignature needed
  std::optional<PublicKey> verifier;
  std::optional<PublicKey> vrf;
  std::vector<Digest> policies;  // distinct; a change of policy adds one
  bool trusts_policy(const Digest& digest) const;
  bool operator==(const Trust&) const = default;
};

std::string trust_text(const Trust& trust);

// Fails closed: what it does not understand is an error, other comments excepted.
//   malformed    names the line: not the tlog-policy grammar, a name used before or never defined,
//                a key twice, a key of the wrong type, no quorum line or two, an unknown #assay-
//                line, a key or policy given twice, more than kTrustBytesMax bytes
Result<Trust> parse_trust(std::string_view text);

struct Witnessed {
  std::string name;  // within the policy file
  std::uint64_t unix_seconds = 0;
};

struct CheckedCheckpoint {
  Checkpoint checkpoint;
  std::vector<Witnessed> witnesses;  // trusted ones; of one that signed twice, the later time
  bool quorum_none = false;          // the file asks for no witness: say so to whoever relies on it
};

// Does a set of witnesses (names within the file) satisfy the quorum?
bool quorum_met(const Trust& trust, const std::vector<std::string>& witnesses);

// Is this signed note a checkpoint by a trusted log, with the quorum of witnesses?
//   malformed    not a note, or not a checkpoint
//   signature    not signed by the trusted log whose name is its origin, a trusted key's signature
//                that does not hold, or too few witnesses
Result<CheckedCheckpoint> check_checkpoint(const Trust& trust, std::string_view note);

}  // namespace assay::wire
