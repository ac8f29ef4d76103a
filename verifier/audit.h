// Auditing a receipt offline, from one trusted policy file and nothing else. Every edge from the
// result back to the policy is a check in a list; there is never a bare yes, because an entry that
// is in the log but does not bind to *this* artefact must fail.
// Functions of values; any thread, with an Engine and a Random of its own. No clock, and no network
// but what the caller's AuditSources may have.
//
//   layer      asks                                                     fails with
//   file       is it a case file, in its one spelling, every bit?       malformed
//   signature  trusted log and its quorum, every statement's signer     signature
//   proof      is every leaf in the log, at its index?                  proof
//   binding    order, acceptance, attestation, trace, result, policy    unbound, no_evidence
//   draw       range, VRF, seed, coin, positions                        proof, unbound
//   opening    the opened bytes against the trace                       malformed, proof, unbound
//   verdict    what was concluded, and what may be claimed from it      unbound, mismatch, ...
//   replay     positions of the caller's own choosing                   mismatch, inconclusive
//   freshness  is the head recent enough to show a later slash?         stale, equivocation
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/random.h"
#include "core/base/time.h"
#include "core/compute/program.h"
#include "core/wire/challenge.h"
#include "core/wire/events.h"
#include "core/wire/trust.h"

namespace assay::verifier {

enum class CheckStatus {
  passed,
  failed,
  skipped,  // not made: says what it lacks
  note,     // not a check: what a reader should know before relying on the rest
};
std::string_view check_status_name(CheckStatus status);  // "passed", ...

struct Check {
  std::string layer;  // "file", "signature", ... as in the table above
  std::string name;   // what was checked, for people: "acceptance: signature"
  CheckStatus status = CheckStatus::passed;
  std::string detail;        // what was found; may be empty when passed
  std::optional<Code> code;  // failed only
};

// The probability of meeting at least one wrong unit when 1, 5 or 10 % of them are wrong.
struct Bound {
  // What was picked from: "units", "rows", "steps", or "pairs" of step and row; "first steps" are
  // no random picks: only what lies in them is met, and for certain.
  std::string unit;
  std::uint64_t picks = 0;  // random ones
  std::uint64_t total = 0;
  std::uint32_t at_1_percent_ppm = 0;
  std::uint32_t at_5_percent_ppm = 0;
  std::uint32_t at_10_percent_ppm = 0;
  // Pairs whose rows are checked in so many random columns each (0: the rows are recomputed whole):
  // the above is for rows that are wrong as a whole; this for all rows wrong in 1 % of their
  // columns.
  std::uint64_t columns = 0;
  std::uint32_t thin_at_1_percent_ppm = 0;
};

// What the summary line says. Only facts of checks that passed are filled in.
struct AuditFacts {
  std::string origin;           // of the log
  std::uint64_t tree_size = 0;  // of the head that the file is proven at
  std::string job;              // hex
  std::string provider;         // key_id()
  std::string workload;         // "gemm@1"
  std::uint32_t steps = 0;      // N of the plan
  std::uint64_t rows = 0;       // of the plan; 0 where no row can be checked alone
  // By the verifier. `level` is "NOT_AUDITED" until there is a verdict; then what was done, such as
  // "ASSAY_REPLAYED_3_OF_64" (several have spaces between them), or "FAILED", or "INCONCLUSIVE".
  std::string level = "NOT_AUDITED";
  std::optional<wire::Outcome> verdict;
  std::uint64_t positions_replayed = 0;
  std::uint64_t rows_followed = 0;
  std::uint64_t rows_micro_checked = 0;  // single rows of single steps
  std::optional<Bound> bound;
  std::optional<Bound> micro_bound;
  std::optional<wire::Fault> slash;  // a slash that stands in this file
  // By this audit.
  std::uint64_t own_replayed = 0;
  std::optional<Bound> own_bound;
  // Of the positions chosen here, those that nobody opened: "step 7", "row 3 of step 2". They show
  // nothing against anybody, and there is no bound then: who withholds, chooses.
  std::vector<std::string> own_unavailable;
  // Why the last of them was not to be had, as the source that was asked says; nothing where none
  // was.
  std::optional<Error> own_error;
};

// Where an audit gets what the file does not hold of its job; empty: from nowhere. What comes is
// proven against the attestation like all else; what does not come is unavailable, no fault.
struct AuditSources {
  // An opening file of exactly these parts.
  std::function<Result<Bytes>(const Digest& job, const wire::OpeningRequest& request)> opening;
  std::function<Result<Bytes>(const Digest& job)> result;  // the raw bytes
};

struct AuditOptions {
  wire::Trust trust;              // needs its verifier, vrf and policy lines
  const compute::Engine& engine;  // replays run on it; a conviction always on the scalar definition
  Random& random;                 // chooses the positions of `replay`
  compute::InputSource inputs;    // of inputs the file lacks; empty: none
  std::optional<Bytes> result;    // the raw result bytes that the caller holds
  std::uint32_t replay = 0;       // positions to replay; 0: none
  AuditSources sources = {};      // of what replaying them takes
  bool require_audit = false;     // no verdict in the file fails, with no_evidence
  std::optional<std::string> known_head;   // a checkpoint (signed note) seen before
  std::optional<std::int64_t> max_age_ms;  // of the head at `now`; needs a time: see freshness
  UnixMillis now;
  compute::Caps caps;
};

struct AuditReport {
  std::vector<Check> checks;     // in the order they were made
  std::optional<Code> code;      // of the first check that failed; nothing: none did
  std::optional<Error> failure;  // that check, as an error: "signature: acceptance: ..."
  AuditFacts facts;

  bool ok() const { return !code; }
  int exit_code() const { return code ? static_cast<int>(*code) : 0; }
};

// Codes: malformed, signature, no_evidence, proof, unbound, mismatch, inconclusive, stale,
// equivocation; usage when the trust file lacks a key this needs.
// A verdict of mismatch fails with mismatch, of unavailable with no_evidence, of inconclusive with
// inconclusive; no verdict is a note, or no_evidence with `require_audit`. A slash in the file
// fails: mismatch for a wrong result, no_evidence for withheld openings, equivocation for
// equivocation.
//
// `replay`: independent units are recomputed from the order and compared with the trace. Rows of
// row-local chains are followed from the inputs to the result, whose bytes are needed for that
// (options.result, a last state opened whole, or options.sources). Of other chains steps, or rows
// of single steps where the job has them, are opened by options.sources; without it a text's rows
// come from what the verifier had opened, and of all others the first steps are computed from the
// order. With replay > 0 what the verifier replayed is replayed here too, from the openings in the
// file. Freshness: the time of the head is the newest cosignature of a trusted witness, else the
// newest leaf in the file.
AuditReport audit_receipt(std::string_view text, const AuditOptions& options);

}  // namespace assay::verifier
