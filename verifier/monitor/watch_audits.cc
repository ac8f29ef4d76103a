// From an audit that is due to what follows from it.
#include "core/wire/poll.h"
#include "verifier/monitor/watch_seen.h"

namespace assay::verifier::monitor {

using reputation::AttestationState;
using wire::Outcome;

namespace {

std::uint32_t policy_severity(const wire::Policy& policy, wire::Fault fault) {
  switch (fault) {
    case wire::Fault::wrong_result: return policy.severity_wrong_ppm;
    case wire::Fault::withheld: return policy.severity_withheld_ppm;
    case wire::Fault::equivocation: return policy.severity_equivocation_ppm;
  }
  return policy.severity_wrong_ppm;
}

template <class A, class B>
bool same_scope(const A& a, const B& b) {
  return a.positions == b.positions && a.rows == b.rows && a.pairs == b.pairs;
}

// What an opening said, where the plan cannot be derived: a verdict must at least be about that.
Result<bool> repeats_opening(const reputation::View& view, std::uint64_t log_size,
                             std::uint64_t spotcheck, const wire::Verdict& verdict) {
  if (spotcheck == 0) return true;
  Result<wire::LogLeaf> leaf = view.log(log_size).leaf(spotcheck);
  if (!leaf.ok()) return fail(Code::storage, leaf.error().what);
  Result<wire::Spotcheck> said = wire::parse_spotcheck(leaf.value().payload);
  if (!said.ok()) return said.error();
  return same_scope(said.value(), verdict);
}

}  // namespace

template <class Said>
Status Watch::check_scope(const Seen& seen, const Said& said, FindingKind kind) {
  Result<AttestationState> row = seen.attestation(said.attestation_index);
  if (!row.ok()) return row.error();
  // The first audit has taken its place back already: this was of a later one, as the rules saw.
  if (said.reason != row.value().reason) return {};
  Result<reputation::JobState> job = seen.job(row.value().job);
  if (!job.ok()) return job.error();
  const auto policy = policy_of(job.value());
  if (!policy.ok()) return policy.error();
  Result<Scope> scope =
      plans_.scope_of(seen.view, row.value(), policy.value()->policy, seen.head.size);
  if (!scope.ok() && scope.error().code == Code::storage) return scope.error();
  bool same = true;
  if (scope.ok()) {
    same = repeats(said, scope.value());
    if (same && kind == FindingKind::wrong_verdict) ++totals_.audited;
  } else {
    ++totals_.unchecked;
    if constexpr (std::is_same_v<Said, wire::Verdict>) {
      Result<bool> as_opened =
          repeats_opening(seen.view, seen.head.size, row.value().spotcheck_index, said);
      if (!as_opened.ok()) return as_opened.error();
      same = as_opened.value();
    }
  }
  if (!same) {
    tell(kind, seen,
         "it is about other positions of the attestation of leaf " +
             std::to_string(said.attestation_index) + " than were drawn");
  }
  return {};
}

Status Watch::spotcheck(const Seen& seen) {
  Result<wire::Spotcheck> said = wire::parse_spotcheck(seen.payload());
  if (!said.ok()) return said.error();
  const std::uint64_t about = said.value().attestation_index;
  Due& due = due_[about];  // after a slash for withholding it was not due any more: it is again
  due.provider = seen.leaf.submission.opened.signer;
  if (due.opened_ms < 0) due.opened_ms = seen.time_ms();
  due_of_[due.provider].insert(about);
  return check_scope(seen, said.value(), FindingKind::wrong_opening);
}

Status Watch::verdict(const Seen& seen) {
  Result<wire::Verdict> said = wire::parse_verdict(seen.payload());
  if (!said.ok()) return said.error();
  const wire::Verdict& it = said.value();
  const auto due = due_.find(it.attestation_index);
  if (due != due_.end()) check_due(due->first, due->second, seen.time_ms());
  const bool opened = due != due_.end() && due->second.opened_ms >= 0;
  if (!opened && (it.outcome == Outcome::match || it.outcome == Outcome::mismatch)) {
    tell(FindingKind::unopened_verdict, seen,
         "a replay is said to have been a " + std::string(wire::outcome_name(it.outcome)) +
             ", but its provider never opened what was drawn");
  }
  Result<AttestationState> row = seen.attestation(it.attestation_index);
  if (!row.ok()) return row.error();
  if (it.outcome == Outcome::inconclusive) {  // asked again, under the next ordinal
    due_from(it.attestation_index, it.provider, -1, seen.time_ms());
  } else if (row.value().audit == reputation::AuditStatus::due) {
    due_from(it.attestation_index, it.provider, seen.time_ms(), seen.time_ms());
  } else {
    due_.erase(it.attestation_index);
    const auto of_provider = due_of_.find(it.provider);
    if (of_provider != due_of_.end()) {
      of_provider->second.erase(it.attestation_index);
      if (of_provider->second.empty()) due_of_.erase(of_provider);
    }
  }
  // A lost dispute may have been faster: one cause is punished once.
  if (row.value().slash_index == 0 &&
      (it.outcome == Outcome::mismatch || it.outcome == Outcome::unavailable)) {
    guilty_.try_emplace(it.attestation_index, Guilty{seen.time_ms(), false});
  }
  return check_scope(seen, it, FindingKind::wrong_verdict);
}

Status Watch::summary(const Seen& seen) {
  Result<wire::Summary> said = wire::parse_summary(seen.payload());
  if (!said.ok()) return said.error();
  const wire::Summary& it = said.value();
  Result<reputation::JobState> job = seen.job(it.job);
  if (!job.ok()) return job.error();
  Result<AttestationState> row = seen.attestation(job.value().attestation_index.value_or(0));
  if (!row.ok()) return row.error();
  Result<wire::LogLeaf> leaf = seen.view.log(seen.head.size).leaf(row.value().verdict_index);
  if (!leaf.ok()) return fail(Code::storage, leaf.error().what);
  Result<wire::Verdict> verdict = wire::parse_verdict(leaf.value().payload);
  if (!verdict.ok()) return verdict.error();
  const auto by = policy_of(job.value());
  if (!by.ok()) return by.error();
  const Digest& policy = by.value()->digest;
  bool same = it.policy == policy && it.verifier_id == roles_.origin;
  Result<compute::Plan> plan = plans_.of_job(seen.view, job.value(), seen.head.size);
  if (!plan.ok() && plan.error().code == Code::storage) return plan.error();
  if (plan.ok()) {
    const wire::Summary follows =
        wire::summarise(verdict.value(), row.value().steps, plan.value().rows, row.value().result,
                        policy, roles_.origin, it.time_verified);
    same = same && it.levels == follows.levels;
  }
  if (!same) {
    tell(FindingKind::wrong_summary, seen,
         "it claims another policy, verifier or level than follows from the verdict of leaf " +
             std::to_string(row.value().verdict_index));
  }
  return {};
}

Status Watch::slash(const Seen& seen) {
  Result<wire::Slash> said = wire::parse_slash(seen.payload());
  if (!said.ok()) return said.error();
  const wire::Slash& it = said.value();
  guilty_.erase(it.attestation_index);
  Result<AttestationState> row = seen.attestation(it.attestation_index);
  if (!row.ok()) return row.error();
  if (it.job != row.value().job || it.attestation != row.value().statement ||
      it.class_name != row.value().class_name) {
    tell(FindingKind::wrong_slash, seen, "it names another job, attestation or class");
  }
  Result<reputation::JobState> job = seen.job(row.value().job);
  if (!job.ok()) return job.error();
  const auto policy = policy_of(job.value());
  if (!policy.ok()) return policy.error();
  const std::uint32_t severity = policy_severity(policy.value()->policy, it.fault);
  if (it.severity_ppm != severity) {
    tell(FindingKind::wrong_slash, seen,
         "its severity is " + std::to_string(it.severity_ppm) + " ppm, the policy's for " +
             std::string(wire::fault_name(it.fault)) + " is " + std::to_string(severity));
  }
  const std::int64_t given_ms = it.finality.ms - seen.time_ms();
  const auto due_ms = static_cast<std::int64_t>(
      reputation::finality_after_ms(it.severity_ppm, policy.value()->policy));
  const std::int64_t off_ms = given_ms - due_ms;
  if (off_ms > kClockGraceMs || off_ms < -kClockGraceMs) {
    tell(FindingKind::wrong_slash, seen,
         "it is final after " + seconds(given_ms) + ", by the policy after " + seconds(due_ms));
  }
  if (it.fault == wire::Fault::withheld && !wire::proves_delivery(it.delivery_proof, it.provider)) {
    tell(FindingKind::wrong_slash, seen,
         "its proof of delivery is no heartbeat that the provider signed");
  }
  return {};
}

}  // namespace assay::verifier::monitor
