// The parts that the audit of a receipt and the check of a fraud proof share: one function per
// layer, each adding its checks to a list. Internal to the verifier; not thread-safe, one caller.
// A layer takes what the layers before it have shown, so nothing here judges unproven bytes.
#pragma once

#include <memory>
#include <span>

#include "core/wire/attestation.h"
#include "core/wire/leaf.h"
#include "core/wire/policy.h"
#include "core/wire/receipt.h"
#include "verifier/audit.h"
#include "verifier/replay.h"
#include "verifier/scope.h"

namespace assay::verifier::audit {

namespace layer {
inline constexpr std::string_view kFile = "file";
inline constexpr std::string_view kSignature = "signature";
inline constexpr std::string_view kProof = "proof";
inline constexpr std::string_view kBinding = "binding";
inline constexpr std::string_view kDraw = "draw";
inline constexpr std::string_view kOpening = "opening";
inline constexpr std::string_view kVerdict = "verdict";
inline constexpr std::string_view kReplay = "replay";
inline constexpr std::string_view kFreshness = "freshness";
}  // namespace layer

// Checks in the order they are made, and the first that failed.
class CheckList {
 public:
  void pass(std::string_view layer, std::string name, std::string detail = {});
  void fail(std::string_view layer, std::string name, Error error);
  void skip(std::string_view layer, std::string name, std::string why);
  void note(std::string_view layer, std::string name, std::string what);

  // Passed or failed, by the status. Returns which.
  bool check(std::string_view layer, std::string name, const Status& status,
             std::string detail = {});
  bool check(std::string_view layer, std::string name, bool holds, Code code, std::string what);

  bool ok() const { return !failure_; }
  const std::optional<Error>& failure() const { return failure_; }
  std::vector<Check> take() { return std::move(checks_); }

 private:
  std::vector<Check> checks_;
  std::optional<Error> failure_;
};

// A statement that is in the log and signed by whom it says.
struct ProvenEntry {
  wire::Kind kind = wire::Kind::order;
  std::uint64_t index = 0;
  Digest leaf_hash;
  wire::LogLeaf leaf;
};

struct Case {
  wire::CaseFile file;
  wire::CheckedCheckpoint head;  // the one that every entry is proven at
  std::vector<ProvenEntry> entries;

  const ProvenEntry* find(wire::Kind kind) const;
};

// Layers file, signature, proof. Nothing when one of them failed.
std::optional<Case> open_case(std::string_view text, wire::CaseFileKind kind,
                              const wire::Trust& trust, CheckList& list);

// Who did what, for whom, under which rules.
struct BoundJob {
  wire::Policy policy;
  Digest policy_digest;
  std::uint64_t policy_from = 0;  // the epoch in which it came into force
  wire::Order order;
  Digest job;
  PublicKey provider;
  wire::Attestation attestation;
  Digest attestation_digest;
  std::uint64_t attestation_index = 0;
  Digest attestation_leaf;
};
std::optional<BoundJob> bind_job(const Case& file, const wire::Trust& trust, CheckList& list);

struct BoundTrace {
  std::shared_ptr<compute::Program> program;
  wire::Trace trace;
};
std::optional<BoundTrace> bind_trace(const Case& file, const BoundJob& job,
                                     const AuditOptions& options, CheckList& list);

// Why the draw in the file was made over this attestation: for its own leaf, or for the one that
// asked for another audit, which fraud proofs carry.
struct DrawCause {
  wire::Reason reason = wire::Reason::first;
  std::uint64_t leaf = 0;  // that the draw must cover
};
//   signature    an unbonding by nobody who may tell of it
//   unbound      it is about something else, there are two of them, or the file is a receipt
Result<DrawCause> draw_cause(const Case& file, const BoundJob& job, const wire::Trust& trust);

// What the draw makes of the attestation.
struct DrawnAudit {
  wire::Reason reason = wire::Reason::first;
  Digest statement;  // PAE digest of the draw
  std::uint64_t index = 0;
  std::uint64_t coin = 0;  // word 0
  Scope scope;
};
// For people: "1 steps, 3 rows, 8 row micro-checks".
std::string scope_text(const Scope& scope);
// Nothing when there is no draw in the file yet (a note), or when it failed.
std::optional<DrawnAudit> check_draw(const Case& file, const BoundJob& job,
                                     const compute::Plan& plan, const wire::Trust& trust,
                                     CheckList& list);

struct OpenedAudit {
  wire::Opening opening;
  std::uint64_t index = 0;  // of the spot-check
  std::uint32_t ordinal = 0;
};
std::optional<OpenedAudit> check_opened(const Case& file, const BoundJob& job,
                                        const BoundTrace& trace, const DrawnAudit& drawn,
                                        CheckList& list);

// Every opening in the file is the one that its spot-check names.
//   unbound      one is not
Status check_only_named(const Case& file);

// The verdict and the summary: do they follow from what came before? What the verdict concludes is
// for the caller to judge. Nothing when there is no verdict yet (a note), or when it failed.
std::optional<wire::Verdict> check_verdict(const Case& file, const BoundJob& job,
                                           const compute::Plan& plan,
                                           const std::optional<DrawnAudit>& drawn,
                                           const std::optional<OpenedAudit>& opened,
                                           const wire::Trust& trust, CheckList& list);

// The slash in the file, if it is about this attestation. Adds no failure for its being there.
std::optional<wire::Slash> check_slash(const Case& file, const BoundJob& job,
                                       const wire::Trust& trust, CheckList& list);

Bound bound_of(std::string unit, std::uint64_t picks, std::uint64_t total);
// Of row micro-checks in so many columns each.
Bound micro_bound_of(const compute::Plan& plan, std::uint64_t pairs, std::uint64_t columns);

std::string bound_text(const Bound& bound);

// `replay` positions of the caller's own choosing, and again those of the verifier.
void replay_own(const BoundJob& job, const BoundTrace& trace,
                const std::optional<DrawnAudit>& drawn, const std::optional<OpenedAudit>& opened,
                const std::optional<wire::Verdict>& verdict, const AuditOptions& options,
                CheckList& list, AuditFacts& facts);
// The same for chains whose states somebody has to open: through options.sources.
void replay_fetched(const BoundJob& job, const BoundTrace& trace, const AuditOptions& options,
                    CheckList& list, AuditFacts& facts);

// So many different numbers below n, ascending; all of them if there are no more.
std::vector<std::uint64_t> choose(std::uint64_t count, std::uint64_t n, Random& random);
// A difference counts against the provider only if the scalar definition shows it too.
//   mismatch     it does
//   inconclusive it does not: this machine computes wrongly, or failed
Status settle(const BoundTrace& trace, const wire::Opening& opening, const Report& report);

// The transcript of a dispute, replayed: whether its conviction shows that the provider lied, and
// about which step. Nothing where it shows nothing (a note), or when it failed.
std::optional<std::uint32_t> check_disputed(const Case& file, const BoundJob& job,
                                            const BoundTrace& trace, CheckList& list);

// Signed by the trusted verifier?
bool check_verifier_signed(const ProvenEntry& entry, const wire::Trust& trust, CheckList& list);

// The facts that hold once the job is bound.
void tell_job(const Case& file, const BoundJob& job, AuditFacts& facts);

// A line per layer that was not reached.
void skip_after(std::string_view failed, CheckList& list);

// The statement of an entry that passed open_case().
//   malformed    it is not one of its kind
template <class T>
std::optional<T> read_entry(const ProvenEntry& entry, Result<T> (*parse)(std::string_view),
                            CheckList& list) {
  Result<T> parsed = parse(entry.leaf.payload);
  const std::string name(wire::entry_name(entry.kind));
  if (parsed.ok()) return std::move(parsed).value();
  list.fail(layer::kBinding, name + ": statement", parsed.error());
  return {};
}

}  // namespace assay::verifier::audit
