// What the verifier concluded about one audited attestation, in full detail and as a SLSA
// Verification Summary (https://slsa.dev/spec/v1.0/verification_summary).
// Values; any thread. Bytes: FORMAT.md "verdict". Vectors: vectors/verdict/.
#pragma once

#include "core/wire/challenge.h"

namespace assay::wire {

// Four outcomes, from day one. Only a confirmed mismatch and a final unavailable ever cost
// anything.
enum class Outcome { match, mismatch, unavailable, inconclusive };
std::string_view outcome_name(Outcome outcome);
std::optional<Outcome> parse_outcome(std::string_view name);

// Whose replay a verdict rests on: the verifier's own worker, or a remote one, whose signed result
// is kept.
struct VerdictWorker {
  PublicKey worker;
  std::string device;  // what it was replayed on
  std::string driver;
  Digest result;  // PAE digest of the worker-result; zeros for the verifier's own worker
  bool operator==(const VerdictWorker&) const = default;
};
inline constexpr std::size_t kVerdictWorkersMax = 8;

struct Verdict {
  Digest draw;
  std::uint64_t attestation_index = 0;
  Digest attestation;
  Digest job;
  PublicKey provider;
  Reason reason = Reason::first;
  std::uint32_t ordinal = 0;
  std::uint32_t p_ppm = 0;
  std::vector<std::uint32_t> positions;
  std::vector<Outcome> position_outcomes;  // one per position
  std::vector<std::uint64_t> rows;
  std::vector<Outcome> row_outcomes;         // one per row
  PairsDigest pairs;                         // row micro-checks
  std::vector<Outcome> pair_outcomes;        // one per pair, in ascending order
  Outcome outcome = Outcome::inconclusive;   // of the whole audit
  std::optional<std::uint32_t> faulty_step;  // mismatch: the step that was shown wrong
  std::optional<std::uint64_t> faulty_row;   // and the row, for row-local chains
  std::uint32_t runs = 1;                    // independent replays behind the outcome
  std::string device;                        // "cpu/avx512", and "+cpu/scalar" after a conviction
  std::uint64_t replay_ops = 0;              // cost
  std::string detail;                        // for people; written as 512 bytes of ASCII at most
  std::vector<VerdictWorker> workers;        // keys ascending; may be none
};
// A verdict on up to 1,024 scattered rows, or on 16,384 neighbouring ones, fits one log leaf.
// `match` needs at least one position, row or pair, and all of them matching; a faulty step or row
// is told with a mismatch only. Subject: "attestation", its PAE digest.
Statement verdict_statement(const Verdict& verdict);
Result<Verdict> parse_verdict(std::string_view payload);

// The worst of the parts: mismatch, then unavailable, then inconclusive, then match; of no parts,
// inconclusive.
Outcome worst(std::span<const Outcome> outcomes);

struct Summary {
  std::string verifier_id;  // the log's origin
  UnixMillis time_verified;
  Digest job;                       // resourceUri "job:<id>"
  Digest result;                    // the subject
  Digest policy;                    // policy.digest
  Digest attestation;               // inputAttestations[0]
  bool passed = false;              // verificationResult
  std::vector<std::string> levels;  // "ASSAY_REPLAYED_3_OF_1000"; {"FAILED"} when not passed
};
// Subject: "result", the result digest.
Statement summary_statement(const Summary& summary);
Result<Summary> parse_summary(std::string_view payload);

// PASSED needs a replay that matched: levels never claim more than was done. `steps` and `rows` are
// the plan's.
Summary summarise(const Verdict& verdict, std::uint32_t steps, std::uint64_t rows,
                  const Digest& result, const Digest& policy, std::string verifier_id,
                  UnixMillis now);

}  // namespace assay::wire
