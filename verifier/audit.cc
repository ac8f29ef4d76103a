#include "verifier/audit.h"

#include <algorithm>

#include "verifier/audit_case.h"

namespace assay::verifier {

using namespace audit;
using wire::Outcome;

namespace {

Code code_of(wire::Fault fault) {
  switch (fault) {
    case wire::Fault::wrong_result: return Code::mismatch;
    case wire::Fault::withheld: return Code::no_evidence;
    case wire::Fault::equivocation: return Code::equivocation;
  }
  return Code::mismatch;
}

void tell_bound(const BoundJob& job, const compute::Plan& plan, AuditFacts& facts) {
  const wire::Policy& policy = job.policy;
  if (job.order.assurance == wire::Assurance::full) {
    facts.bound = bound_of("steps", plan.steps, plan.steps);
    return;
  }
  const wire::Depth& depth = wire::depth_for(policy, job.order.assurance);
  const std::uint64_t pairs = compute::pairs_at(plan, depth);
  if (pairs > 0) facts.micro_bound = micro_bound_of(plan, pairs, policy.micro_columns);
  if (plan.shape == compute::Shape::independent) {
    facts.bound = bound_of("units", std::min(depth.units, plan.steps), plan.steps);
  } else if (plan.reach == compute::Reach::same_row && depth.rows > 0) {
    facts.bound = bound_of("rows", std::min<std::uint64_t>(depth.rows, plan.rows), plan.rows);
  } else if (plan.rows == 0 || depth.steps > 0) {
    const std::uint32_t steps = plan.rows == 0 ? std::max(depth.steps, 1U) : depth.steps;
    facts.bound = bound_of("steps", std::min(steps, plan.steps), plan.steps);
  }
}

std::string level_text(const wire::Summary& summary) {
  std::string text;
  for (const std::string& level : summary.levels) text += (text.empty() ? "" : " ") + level;
  return text;
}

Error no_verdict() {
  return fail(Code::no_evidence,
              "the verifier did not audit this job, or not yet, or its verdict was left out of "
              "this file: fetch the receipt again, or replay positions of your own");
}

// What the verifier concluded decides whether the receipt is worth anything.
void judge_verdict(const wire::Verdict& verdict, const BoundJob& job, const compute::Plan& plan,
                   CheckList& list, AuditFacts& facts) {
  facts.verdict = verdict.outcome;
  const std::string name = "verdict: outcome";
  switch (verdict.outcome) {
    case Outcome::match:
      facts.level = level_text(wire::summarise(verdict, plan.steps, plan.rows, {}, {}, "", {}));
      facts.positions_replayed = verdict.positions.size();
      facts.rows_followed = verdict.rows.size();
      facts.rows_micro_checked = verdict.pairs.count;
      tell_bound(job, plan, facts);
      list.pass(layer::kVerdict, name, facts.level);
      return;
    case Outcome::mismatch:
      facts.level = "FAILED";
      list.fail(layer::kVerdict, name,
                fail(Code::mismatch, "the replay gave another result: " + verdict.detail));
      return;
    case Outcome::unavailable:
      facts.level = "FAILED";
      list.fail(layer::kVerdict, name,
                fail(Code::no_evidence, "the openings never came: " + verdict.detail));
      return;
    case Outcome::inconclusive:
      facts.level = "INCONCLUSIVE";
      list.fail(layer::kVerdict, name,
                fail(Code::inconclusive, "the verifier could not judge it: " + verdict.detail));
      return;
  }
}

// Two heads of one log at one size must be the same head.
void check_known_head(const Case& file, const AuditOptions& options, CheckList& list) {
  if (!options.known_head) return;
  const std::string name = "head: what you saw before";
  Result<wire::CheckedCheckpoint> known =
      wire::check_checkpoint(options.trust, *options.known_head);
  if (!known.ok()) {
    list.fail(layer::kFreshness, name, known.error());
    return;
  }
  const wire::Checkpoint& seen = known.value().checkpoint;
  const wire::Checkpoint& head = file.head.checkpoint;
  if (!list.check(layer::kFreshness, name + ": origin", seen.origin == head.origin, Code::unbound,
                  "it is a head of " + seen.origin)) {
    return;
  }
  if (seen.size != head.size) {
    list.note(layer::kFreshness, name,
              "size " + std::to_string(seen.size) + " then, " + std::to_string(head.size) +
                  " in this file: whether one grew out of the other takes the log's tiles");
    return;
  }
  list.check(layer::kFreshness, name, seen.root == head.root, Code::equivocation,
             "the log signed two different heads of size " + std::to_string(head.size));
}

// When was the head there? By the newest witness, else by the log's own newest leaf in the file.
UnixMillis time_of_head(const Case& file) {
  UnixMillis time;
  for (const wire::Witnessed& witness : file.head.witnesses) {
    const auto seconds = std::min<std::uint64_t>(witness.unix_seconds, std::uint64_t{1} << 43);
    time = std::max(time, UnixMillis{static_cast<std::int64_t>(seconds) * 1000});
  }
  if (!file.head.witnesses.empty()) return time;
  for (const ProvenEntry& entry : file.entries) time = std::max(time, entry.leaf.time);
  return time;
}

void check_age(const Case& file, const AuditOptions& options, CheckList& list) {
  constexpr std::int64_t kClocksApartMs = 60'000;
  const UnixMillis time = time_of_head(file);
  const std::string by = file.head.witnesses.empty() ? "by the log's own word" : "by its witnesses";
  if (!options.max_age_ms) {
    list.note(layer::kFreshness, "head: age",
              "as of " + to_rfc3339(time) + ", " + by +
                  ": what was logged later, a slash or a reversal, does not show in this file");
    return;
  }
  const std::int64_t age_ms = options.now - time;
  const std::string seen = "the head is of " + to_rfc3339(time) + ", " + by;
  if (age_ms < -kClocksApartMs) {
    list.fail(layer::kFreshness, "head: age", fail(Code::stale, seen + ": in the future"));
    return;
  }
  list.check(layer::kFreshness, "head: age", age_ms <= *options.max_age_ms, Code::stale,
             seen + ", older than you allow: get the receipt again");
}

// From the draw to the verdict, and what of it may be believed.
void audit_job(const Case& file, const BoundJob& job, const BoundTrace& trace,
               const AuditOptions& options, CheckList& list, AuditFacts& facts) {
  const compute::Plan& plan = trace.program->plan();
  facts.steps = plan.steps;
  facts.rows = plan.rows;
  const std::optional<DrawnAudit> drawn = check_draw(file, job, plan, options.trust, list);
  if (!list.ok()) return skip_after(layer::kDraw, list);
  std::optional<OpenedAudit> opened;
  if (drawn) opened = check_opened(file, job, trace, *drawn, list);
  if (list.ok()) list.check(layer::kOpening, "openings", check_only_named(file));
  if (!list.ok()) return skip_after(layer::kOpening, list);
  const std::optional<wire::Verdict> verdict =
      check_verdict(file, job, plan, drawn, opened, options.trust, list);
  if (!list.ok()) return skip_after(layer::kVerdict, list);
  if (verdict) {
    judge_verdict(*verdict, job, plan, list, facts);
  } else if (options.require_audit) {
    list.fail(layer::kVerdict, "verdict: required", no_verdict());
  }
  if (const std::optional<wire::Slash> slash = check_slash(file, job, options.trust, list)) {
    facts.slash = slash->fault;
    facts.level = "FAILED";
    list.fail(layer::kVerdict, "slash",
              fail(code_of(slash->fault), "the provider was slashed for this job (" +
                                              std::string(wire::fault_name(slash->fault)) +
                                              "): " + slash->detail));
  }
  if (!list.ok()) return skip_after(layer::kVerdict, list);
  replay_own(job, trace, drawn, opened, verdict, options, list, facts);
  check_known_head(file, options, list);
  check_age(file, options, list);
}

}  // namespace

AuditReport audit_receipt(std::string_view text, const AuditOptions& options) {
  CheckList list;
  AuditReport report;
  const std::optional<Case> file =
      open_case(text, wire::CaseFileKind::receipt, options.trust, list);
  std::optional<BoundJob> job;
  if (file) job = bind_job(*file, options.trust, list);
  if (job) {
    tell_job(*file, *job, report.facts);
    const std::optional<BoundTrace> trace = bind_trace(*file, *job, options, list);
    if (trace) {
      audit_job(*file, *job, *trace, options, list, report.facts);
    } else {
      skip_after(layer::kBinding, list);
    }
  } else {
    skip_after(file ? layer::kBinding : layer::kProof, list);
  }
  list.check(layer::kFile, "digest of the file", wire::check_case_file_digest(text));
  report.failure = list.failure();
  if (report.failure) report.code = report.failure->code;
  report.checks = list.take();
  return report;
}

}  // namespace assay::verifier
