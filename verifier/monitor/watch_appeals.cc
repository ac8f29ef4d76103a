// Reversals, and the appeals that lead to most of them. That a ruling follows from its replays, and
// that nothing is reversed without a cause, are rules of the log; here is whether an appeal ends in
// time, was looked at where its seed says, and was decided by what anybody can look at again.
#include "core/wire/poll.h"
#include "verifier/monitor/watch_seen.h"

namespace assay::verifier::monitor {

using reputation::AttestationState;
using reputation::AuditStatus;
using reputation::SlashState;
using wire::RulingOutcome;

void Watch::check_appeal(std::uint64_t slash, Appealed& appeal, std::int64_t now_ms) {
  const std::int64_t late_ms = now_ms - appeal.until_ms - ending_ms();
  if (appeal.told || late_ms <= 0) return;
  appeal.told = true;
  tell_missing(FindingKind::missing_ruling, appeal.attestation,
               "was slashed by leaf " + std::to_string(slash) +
                   (appeal.ruled ? ", and the ruling against that owed a reversal "
                                 : ", and the appeal against that had to be decided or reversed ") +
                   seconds(now_ms - appeal.until_ms) + " ago");
}

Status Watch::appeal(const Seen& seen) {
  Result<wire::Appeal> said = wire::parse_appeal(seen.payload());
  if (!said.ok()) return said.error();
  Result<SlashState> slash = seen.slash(said.value().slash_index);
  if (!slash.ok()) return slash.error();
  appeals_[said.value().slash_index] = {slash.value().attestation_index,
                                        slash.value().decide_until.ms, false, false};
  return {};
}

// The positions that the seed of the draw over the appeal gives.
Status Watch::check_ruled_scope(const Seen& seen, const wire::Ruling& said,
                                const SlashState& slash) {
  Result<AttestationState> row = seen.attestation(slash.attestation_index);
  if (!row.ok()) return row.error();
  Result<reputation::JobState> job = seen.job(row.value().job);
  if (!job.ok()) return job.error();
  Result<wire::LogLeaf> leaf = seen.view.log(seen.head.size).leaf(row.value().verdict_index);
  if (!leaf.ok()) return fail(Code::storage, leaf.error().what);
  Result<wire::Verdict> verdict = wire::parse_verdict(leaf.value().payload);
  if (!verdict.ok()) return verdict.error();
  Result<compute::Plan> plan = plans_.of_job(seen.view, job.value(), seen.head.size);
  const auto policy = policy_of(job.value());
  if (!policy.ok()) return policy.error();
  Result<Scope> audited =
      plans_.scope_of(seen.view, row.value(), policy.value()->policy, seen.head.size);
  if (!plan.ok() || !audited.ok()) {
    const Error& error = plan.ok() ? audited.error() : plan.error();
    if (error.code == Code::storage) return error;
    ++totals_.unchecked;
    return {};
  }
  const Scope scope =
      appeal_scope(slash.appeal_seed, audited.value(), plan.value(), job.value().assurance,
                   policy.value()->policy, verdict.value().faulty_step.value_or(0));
  if (!repeats(said, scope)) {
    tell(FindingKind::wrong_ruling, seen,
         "it is about other positions of the attestation of leaf " +
             std::to_string(slash.attestation_index) + " than were drawn for the appeal");
  }
  return {};
}

// The moves are in the log, and their bytes may be at hand: they convict, or they do not.
Status Watch::check_ruled_dispute(const Seen& seen, const wire::Ruling& said,
                                  const SlashState& slash) {
  Result<reputation::DisputeState> dispute = seen.dispute(slash.dispute_index);
  if (!dispute.ok()) return dispute.error();
  const Status follows =
      check_end(seen.view, seen.head.size, slash.dispute_index, dispute.value(), dispute_source_);
  if (!follows.ok() && follows.error().code == Code::no_evidence) {
    ++totals_.unchecked;
    return {};
  }
  if (!follows.ok() && follows.error().code != Code::mismatch) return follows;
  if (follows.ok() != (said.outcome == RulingOutcome::refuted)) {
    tell(FindingKind::wrong_ruling, seen,
         std::string("it is ") + std::string(wire::ruling_outcome_name(said.outcome)) +
             ", but the moves of the dispute of leaf " + std::to_string(slash.dispute_index) +
             (follows.ok() ? " convict" : " do not convict"));
  }
  return {};
}

Status Watch::check_ruled_delivery(const Seen& seen, const wire::Ruling& said) {
  Result<wire::LogLeaf> leaf = seen.view.log(seen.head.size).leaf(said.slash_index);
  if (!leaf.ok()) return fail(Code::storage, leaf.error().what);
  Result<wire::Slash> slash = wire::parse_slash(leaf.value().payload);
  if (!slash.ok()) return slash.error();
  const bool proven = wire::proves_delivery(slash.value().delivery_proof, said.provider);
  if (proven != (said.outcome == RulingOutcome::refuted)) {
    tell(FindingKind::wrong_ruling, seen,
         std::string("it is ") + std::string(wire::ruling_outcome_name(said.outcome)) +
             ", but the proof of delivery is " +
             (proven ? "a heartbeat that the provider signed" : "none"));
  }
  return {};
}

Status Watch::ruling(const Seen& seen) {
  Result<wire::Ruling> said = wire::parse_ruling(seen.payload());
  if (!said.ok()) return said.error();
  const wire::Ruling& it = said.value();
  Result<SlashState> slash = seen.slash(it.slash_index);
  if (!slash.ok()) return slash.error();
  if (it.outcome == RulingOutcome::refuted) {
    appeals_.erase(it.slash_index);
  } else {
    appeals_[it.slash_index] = {slash.value().attestation_index, seen.time_ms(), true, false};
  }
  if (it.outcome == RulingOutcome::undecided) return {};
  switch (slash.value().fault) {
    case wire::Fault::wrong_result:
      return slash.value().dispute_index == 0 ? check_ruled_scope(seen, it, slash.value())
                                              : check_ruled_dispute(seen, it, slash.value());
    case wire::Fault::withheld: return check_ruled_delivery(seen, it);
    case wire::Fault::equivocation: ++totals_.unchecked; break;  // the evidence is not in the log
  }
  return {};
}

Status Watch::reversal(const Seen& seen) {
  Result<wire::Reversal> said = wire::parse_reversal(seen.payload());
  if (!said.ok()) return said.error();
  const std::uint64_t index = said.value().slash_index;
  if (const auto appeal = appeals_.find(index); appeal != appeals_.end()) {
    check_appeal(index, appeal->second, seen.time_ms());
    appeals_.erase(appeal);
  }
  Result<SlashState> slash = seen.slash(index);
  if (!slash.ok()) return slash.error();
  const std::uint64_t about = slash.value().attestation_index;
  Result<AttestationState> row = seen.attestation(about);
  if (!row.ok()) return row.error();
  if (said.value().cause == "delivered" && row.value().spotcheck_index < index) {
    tell(FindingKind::wrong_slash, seen,
         "it reverses a slash for withholding, but nothing was opened since");
  }
  if (row.value().audit != AuditStatus::due) return {};
  // The audit is open again: opened as it was, or to be asked for.
  Due& due = due_[about];
  due.provider = slash.value().provider;
  if (due.opened_ms < 0 && row.value().spotcheck_index != 0) due.opened_ms = seen.time_ms();
  if (due.opened_ms < 0) due.next_ask_ms = seen.time_ms();
  due_of_[due.provider].insert(about);
  return {};
}

}  // namespace assay::verifier::monitor
