// Rules for slashes and their reversal.
#include <algorithm>

#include "reputation/ledger/rules.h"
#include "reputation/ledger/stake_lines.h"

namespace assay::reputation::rules {
namespace {

// A dispute that the provider lost gives grounds: by conviction for a wrong result, by silence for
// withholding.
Result<bool> dispute_shows(const ReadTxn& txn, const AttestationState& row, wire::Fault fault) {
  Result<bool> lost = lost_in_dispute(txn, row);
  if (!lost.ok() || !lost.value()) return lost;
  Result<DisputeState> dispute = need_dispute(txn, row.dispute_index);
  if (!dispute.ok()) return dispute.error();
  return dispute.value().cause == (fault == wire::Fault::withheld ? wire::DisputeCause::silent
                                                                  : wire::DisputeCause::convicted);
}

bool audit_shows(const AttestationState& row, wire::Fault fault) {
  return row.audit == AuditStatus::done &&
         row.outcome == (fault == wire::Fault::withheld ? wire::Outcome::unavailable
                                                        : wire::Outcome::mismatch);
}

struct Grounds {
  bool any = false;
  std::uint64_t dispute_index = 0;  // where nothing else gives them
};

// Two messages are no leaves of the log: they give grounds unless an appeal was granted against
// them.
Result<Grounds> grounds_for(const ReadTxn& txn, const AttestationState& row, wire::Fault fault) {
  if (fault == wire::Fault::equivocation) {
    Result<std::optional<SlashState>> cleared = cleared_slash(txn, row);
    if (!cleared.ok()) return cleared.error();
    const std::optional<SlashState>& slash = cleared.value();
    return Grounds{!slash || slash->fault != fault || slash->phase != SlashPhase::overturned, 0};
  }
  if (audit_shows(row, fault)) return Grounds{true, 0};
  Result<bool> disputed = dispute_shows(txn, row, fault);
  if (!disputed.ok()) return disputed.error();
  return disputed.value() ? Grounds{true, row.dispute_index} : Grounds{};
}

// The phase that this cause leads to, if the slash may go there now.
Result<SlashPhase> reversed_phase(const Scene& scene, const SlashState& slash,
                                  const std::string& cause) {
  const UnixMillis now = scene.entry.time;
  if (cause == "delivered") {
    Result<SlashCase> after = advance(case_of(slash), SlashEvent::delivery, now, 0);
    if (!after.ok()) return after.error();
    return after.value().phase;
  }
  Result<SlashCase> by_now = advance(case_of(slash), SlashEvent::time_passes, now, 0);
  if (!by_now.ok()) return by_now.error();
  const SlashPhase phase = by_now.value().phase;
  const bool named = (cause == "overturned" && phase == SlashPhase::overturned) ||
                     (cause == "drawn" && phase == SlashPhase::drawn) ||
                     (cause == "expired" && phase == SlashPhase::expired);
  if (named) return phase;
  return fail(Code::conflict, std::string("the slash is ") + slash_phase_name(phase) +
                                  ": that is no cause to reverse it");
}

// What the slash ended goes on: an audit that had found the fault is open again, and judged like
// any other; where only a dispute had, the job stands as its audit left it. What was delivered, or
// found right, is there to be judged; else nobody knows what there is, and it is asked for again.
Status reopen(Scene& scene, const SlashState& slash, const std::string& cause,
              AttestationState& row, JobState& job) {
  const bool by_audit = row.audit == AuditStatus::done && audit_shows(row, slash.fault);
  if (slash.fault == wire::Fault::equivocation) {
    if (job.status != JobStatus::attested && row.audit != AuditStatus::due) return {};
    return lock_again(scene, job, slash.job_locked_micros);
  }
  const bool audited = row.audit == AuditStatus::passed_over ||
                       (row.audit == AuditStatus::done && row.outcome == wire::Outcome::match);
  if (audited) {
    job.status = JobStatus::settled;
    return {};
  }
  if (row.audit == AuditStatus::done && !by_audit) return {};
  const bool settled_first = row.first && row.first->audit != AuditStatus::due;
  job.status = !by_audit && settled_first ? JobStatus::settled : JobStatus::attested;
  if (by_audit) {
    row.audit = AuditStatus::due;
    const bool as_it_is = slash.phase == SlashPhase::overturned &&
                          (cause == "delivered" || slash.fault == wire::Fault::wrong_result);
    if (!as_it_is) {  // asked and opened anew, under the next ordinal
      ++row.redraws;
      row.spotcheck_index = 0;
    }
    const Digest id = provider_id(slash.provider);
    Result<ClassState> of_class = class_row(scene.txn, id, slash.class_name);
    if (!of_class.ok()) return of_class.error();
    --of_class.value().audited;  // it is audited once, by the verdict to come
    if (Status put = put_class(scene.txn, id, of_class.value()); !put.ok()) return put;
    if (Status open = untell_challenge(scene, row); !open.ok()) return open;
  }
  return lock_again(scene, job, slash.job_locked_micros);
}

}  // namespace

Result<SlashState> need_slash(const ReadTxn& txn, std::uint64_t index) {
  Result<std::optional<SlashState>> row = View(txn).slash(index);
  if (!row.ok()) return row.error();
  if (!row.value()) {
    return fail(Code::not_found, "leaf " + std::to_string(index) + " is not a slash");
  }
  return std::move(*row.value());
}

Status is_about(const Scene& scene, const SlashState& slash) {
  const Result<wire::Statement> statement = wire::parse_statement(scene.payload());
  if (!statement.ok()) return statement.error();
  if (statement.value().subject == slash.statement) return {};
  return fail(Code::conflict, "the subject is not the statement of that slash");
}

Result<std::optional<SlashState>> cleared_slash(const ReadTxn& txn, const AttestationState& row) {
  if (row.cleared_slash == 0) return std::optional<SlashState>{};
  return View(txn).slash(row.cleared_slash);
}

Status slash(Scene& scene) {
  Result<wire::Slash> said = wire::parse_slash(scene.payload());
  if (!said.ok()) return said.error();
  const wire::Slash& it = said.value();
  Result<ProviderState> provider = need_provider(scene.txn, it.provider);
  if (!provider.ok()) return provider.error();
  Result<AttestationState> found = need_attestation(scene.txn, it.attestation_index);
  if (!found.ok()) return found.error();
  AttestationState& row = found.value();
  Result<Grounds> grounds = grounds_for(scene.txn, row, it.fault);
  if (!grounds.ok()) return grounds.error();
  if (!grounds.value().any || row.provider != it.provider) {
    return fail(Code::conflict, "no verdict or dispute in the log gives grounds for that slash");
  }
  if (row.slash_index != 0) {
    return fail(Code::conflict, "one cause is punished once: leaf " +
                                    std::to_string(row.slash_index) + " slashed it already");
  }
  Result<JobState> job = need_job(scene.txn, row.job);
  if (!job.ok()) return job.error();
  SlashState slash;
  slash.provider = it.provider;
  slash.class_name = row.class_name;
  slash.fault = it.fault;
  slash.attestation_index = it.attestation_index;
  slash.epoch = epoch_of(scene.entry.time, scene.policy);
  slash.severity_ppm = it.severity_ppm;
  slash.logged = scene.entry.time;
  slash.finality = it.finality;
  slash.dispute_index = grounds.value().dispute_index;
  slash.statement = scene.entry.submission.opened.pae_digest;
  const Digest id = provider_id(it.provider);
  if (Status closed = close_days_of(scene, id, provider.value()); !closed.ok()) return closed;
  if (Status taken = take_stake(scene, job.value(), slash); !taken.ok()) return taken;
  const bool held = row.holds_unbonding();
  row.slash_index = scene.entry.index;
  if (Status kept = hold_unbonding(scene, row, held); !kept.ok()) return kept;
  ++provider.value().slashes_standing;
  ++scene.head.slashes;
  EventState event;
  event.kind = it.fault == wire::Fault::equivocation ? EventKind::equivocation : EventKind::proven;
  event.severity_ppm = it.severity_ppm;
  if (Status counted =
          count_fault(scene.txn, id, event, scene.entry.index, scene.entry.time, scene.policy);
      !counted.ok()) {
    return counted;
  }
  if (slash.dispute_index != 0) {
    if (Status told = count_report(scene, slash.dispute_index, scene.entry.index); !told.ok())
      return told;
  }
  if (Status put = put_job(scene.txn, row.job, job.value()); !put.ok()) return put;
  if (Status put = put_provider(scene.txn, id, provider.value()); !put.ok()) return put;
  if (Status put = put_attestation(scene.txn, it.attestation_index, row); !put.ok()) return put;
  return put_slash(scene.txn, scene.entry.index, slash);
}

Status reversal(Scene& scene) {
  Result<wire::Reversal> said = wire::parse_reversal(scene.payload());
  if (!said.ok()) return said.error();
  const wire::Reversal& it = said.value();
  Result<SlashState> found = need_slash(scene.txn, it.slash_index);
  if (!found.ok()) return found.error();
  SlashState& slash = found.value();
  if (slash.provider != it.provider || slash.reversal_index != 0) {
    return fail(Code::conflict, "that slash is reversed already, or another provider's");
  }
  if (Status about = is_about(scene, slash); !about.ok()) return about;
  Result<SlashPhase> phase = reversed_phase(scene, slash, it.cause);
  if (!phase.ok()) return phase.error();
  Result<ProviderState> provider = changing_provider(scene, slash.provider);
  if (!provider.ok()) return provider.error();
  Result<AttestationState> row = need_attestation(scene.txn, slash.attestation_index);
  if (!row.ok()) return row.error();
  Result<JobState> job = need_job(scene.txn, row.value().job);
  if (!job.ok()) return job.error();

  const Digest id = provider_id(slash.provider);
  if (slash.appeal_index != 0 && slash.ruling_index == 0) {  // a ruling has said so itself
    if (Status back = release_deposit(scene, slash, false); !back.ok()) return back;
  }
  if (Status back = take_back_stake_line(scene.txn, it.slash_index, slash,
                                         provider.value().days_below, scene.policy);
      !back.ok()) {
    return back;
  }
  const bool held = row.value().holds_unbonding();
  slash.phase = phase.value();
  slash.reversal_index = scene.entry.index;
  --provider.value().slashes_standing;
  row.value().slash_index = 0;
  if (it.cause != "delivered") row.value().cleared_slash = it.slash_index;
  // Before anything asks whether a dispute was lost: that depends on it.
  if (Status put = put_slash(scene.txn, it.slash_index, slash); !put.ok()) return put;
  if (Status again = reopen(scene, slash, it.cause, row.value(), job.value()); !again.ok())
    return again;
  if (Status kept = hold_unbonding(scene, row.value(), held); !kept.ok()) return kept;
  if (Status taken_back = uncount(scene.txn, id, "", it.slash_index, slash.logged, scene.policy);
      !taken_back.ok()) {
    return taken_back;
  }
  if (slash.dispute_index != 0) {
    const Status untold = uncount_report(scene, slash.dispute_index, it.slash_index, slash.logged);
    if (!untold.ok()) return untold;
  }
  if (Status put = put_provider(scene.txn, id, provider.value()); !put.ok()) return put;
  if (Status put = put_job(scene.txn, row.value().job, job.value()); !put.ok()) return put;
  return put_attestation(scene.txn, slash.attestation_index, row.value());
}

}  // namespace assay::reputation::rules
