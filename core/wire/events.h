// The rest of what is logged: how a job ended without an attestation, uptime, slashes and their
// reversal, the policy in force; and the score statement, which is given out but not logged.
// Values; any thread. Bytes: FORMAT.md. Vectors: vectors/events/.
#pragma once

#include "core/wire/snapshot.h"
#include "core/wire/verdict.h"

namespace assay::wire {

// By the renter, before an attestation: the job is not wanted any more.
struct Cancel {
  Digest job;
};
Statement cancel_statement(const Cancel& cancel);  // subject "job"
Result<Cancel> parse_cancel(std::string_view payload);

// By the renter: the secret committed in the order.
struct Reveal {
  Digest job;
  Digest secret;
};
Statement reveal_statement(const Reveal& reveal);  // subject "job"
Result<Reveal> parse_reveal(std::string_view payload);

// By the verifier: an accepted job's deadline passed with no attestation.
struct Timeout {
  Digest job;
  PublicKey provider;
  std::uint64_t acceptance_index = 0;
  bool verifier_at_fault = false;  // we were down in the window: counts for nothing
};
Statement timeout_statement(const Timeout& timeout);  // subject "job"
Result<Timeout> parse_timeout(std::string_view payload);

// By the verifier: one window, up to kUptimeRowsMax providers.
inline constexpr std::size_t kUptimeRowsMax = 500;  // fits one leaf's payload; keys ascending
struct UptimeRow {
  PublicKey provider;
  std::uint32_t answered = 0;  // <= asked
  std::uint32_t asked = 0;     // 0: not observed in this window
};
struct Uptime {
  std::uint64_t window = 0;  // floor(unix seconds / window_seconds)
  std::uint32_t window_seconds = 0;
  std::uint32_t part = 0;
  bool verifier_alive = true;  // false: the window counts for nobody
  Digest answers;              // SHA-256 over the signed heartbeats counted, in order
  std::vector<UptimeRow> rows;
};
Statement uptime_statement(const Uptime& uptime);  // subject "answers"
Result<Uptime> parse_uptime(std::string_view payload);

enum class Fault { wrong_result, withheld, equivocation };
std::string_view fault_name(Fault fault);  // "wrong-result", …
std::optional<Fault> parse_fault(std::string_view name);

struct Slash {
  PublicKey provider;
  std::string class_name;  // "<device class>/<workload>@<version>"
  Fault fault = Fault::wrong_result;
  Digest job;
  Digest attestation;                   // PAE digest of that attestation
  std::uint64_t attestation_index = 0;  // wrong_result, withheld: the leaf; equivocation: the first
  std::vector<std::uint64_t> evidence_indices;  // log leaves that prove the fault: 1..16, ascending
  Digest evidence_blob;                         // the fraud proof file; zeros for withheld
  std::string delivery_proof;  // withheld: the heartbeat envelope that signed the challenge,
                               // at most 16 KiB; empty otherwise
  std::uint32_t severity_ppm = 1'000'000;  // 1..2,000,000
  UnixMillis finality;                     // PENDING until then; reversed by a reversal leaf
  std::string detail;                      // the reason and how to appeal; written as 1,024 bytes
                                           // of ASCII at most
};
Statement slash_statement(const Slash& slash);  // subject "attestation"
Result<Slash> parse_slash(std::string_view payload);

struct Reversal {
  std::uint64_t slash_index = 0;
  PublicKey provider;
  // Why: the withheld openings came, or the end of an appeal: "delivered", "overturned", "drawn",
  // "expired" (SlashPhase of reputation/policy/slashing.h).
  std::string cause;
};
Statement reversal_statement(const Reversal& reversal, const Digest& slash);  // subject "slash"
Result<Reversal> parse_reversal(std::string_view payload);

struct PolicyChange {
  std::string document;  // policy_text()
  std::uint64_t activation_epoch = 0;
};
Statement policy_change_statement(const PolicyChange& change);  // subject "policy", its digest
Result<PolicyChange> parse_policy_change(std::string_view payload);

// A score and what it was computed from: fold the leaves below tree_size and get the same numbers.
struct Score {
  PublicKey provider;
  std::string class_name;  // the class the headline is of: the lowest audited one; or empty
  std::string origin;
  std::uint64_t tree_size = 0;
  Digest root;
  Digest policy;
  std::uint64_t epoch = 0;
  bool final = false;           // false: preview of the current epoch; true: see `proof`
  std::uint32_t trust_ppm = 0;  // T
  std::uint32_t slash_ppm = 0;  // S
  std::uint32_t integrity_ppm = 0;
  std::uint32_t uptime_ppm = 0;
  std::uint32_t performance_ppm = 0;
  std::uint32_t stake_ppm = 0;
  std::uint64_t audits = 0;  // observed passes and failures of that class
  std::uint32_t uncertainty_ppm = 0;
  bool tombstoned = false;
  std::optional<ScoreProof> proof;  // of a final one, and of no other: the state it is made from
};
Statement score_statement(const Score& score);  // subject "provider"
Result<Score> parse_score(std::string_view payload);

}  // namespace assay::wire
