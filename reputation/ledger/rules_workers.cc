// Rules for workers: whose replays count, and what a worker said that could not be trusted.
#include "reputation/ledger/rules.h"

namespace assay::reputation::rules {
namespace {

Status take_back_pass(Scene& scene, const AttestationState& row, std::uint64_t verdict,
                      UnixMillis time) {
  const Digest id = provider_id(row.provider);
  const Status taken = uncount(scene.txn, id, row.class_name, verdict, time, scene.policy);
  if (!taken.ok()) return taken;
  Result<ClassState> of_class = class_row(scene.txn, id, row.class_name);
  if (!of_class.ok()) return of_class.error();
  --of_class.value().audited;
  --of_class.value().passed;
  return put_class(scene.txn, id, of_class.value());
}

// The latest audit is due again, with the opening that is there.
Status make_due(Scene& scene, AttestationState& row, JobState& job) {
  row.audit = AuditStatus::due;
  row.verdict_index = 0;
  row.outcome = wire::Outcome::inconclusive;
  if (row.reason == wire::Reason::first) row.summary_index = 0;
  Result<bool> lost = lost_in_dispute(scene.txn, row);
  if (!lost.ok()) return lost.error();
  if (!lost.value()) {
    if (row.reason == wire::Reason::first) job.status = JobStatus::attested;
    if (Status locked = lock_stake(scene, job); !locked.ok()) return locked;
  }
  return untell_challenge(scene, row);
}

// Another audit has taken the place of the one that this match ended. All that is left of it is the
// pass that it counted as, if it did.
Result<bool> void_replaced(Scene& scene, const AttestationState& row, std::uint64_t verdict,
                           UnixMillis time) {
  const Bytes key =
      counted_key(provider_id(row.provider), row.class_name, epoch_of(time, scene.policy), verdict);
  Result<std::optional<Bytes>> counted = scene.txn.get(tables::kCounted, key);
  if (!counted.ok()) return counted.error();
  if (!counted.value()) return false;
  if (Status taken = take_back_pass(scene, row, verdict, time); !taken.ok()) return taken.error();
  return true;
}

// Takes one match out of everything that followed from it. False: it did not stand any more.
Result<bool> void_match(Scene& scene, std::uint64_t verdict, std::uint64_t attestation) {
  Result<AttestationState> found = need_attestation(scene.txn, attestation);
  if (!found.ok()) return found.error();
  AttestationState& row = found.value();
  Result<wire::LogLeaf> leaf = LogView(scene.txn, scene.entry.index).leaf(verdict);
  if (!leaf.ok()) return leaf.error();
  const bool latest = row.matched_by(verdict);
  const bool earlier = !latest && row.first && row.first->matched_by(verdict);
  if (!latest && !earlier) return void_replaced(scene, row, verdict, leaf.value().time);
  Result<JobState> job = need_job(scene.txn, row.job);
  if (!job.ok()) return job.error();
  const bool of_first = earlier || row.reason == wire::Reason::first;
  // A match that somebody paid for was never counted.
  if (of_first || row.reason == wire::Reason::retro) {
    const Status taken = take_back_pass(scene, row, verdict, leaf.value().time);
    if (!taken.ok()) return taken.error();
  }
  if (of_first && job.value().status == JobStatus::settled) {
    const Status taken = unearn(scene, job.value(), leaf.value().time);
    if (!taken.ok()) return taken.error();
  }
  const bool held = row.holds_unbonding();
  row.void_index = verdict;
  Status done;
  if (latest) {
    done = make_due(scene, row, job.value());
  } else {  // it takes its place back at once, or when the audit under way is over
    row.first->audit = AuditStatus::due;
    row.first->verdict_index = 0;
    row.first->outcome = wire::Outcome::inconclusive;
    row.summary_index = 0;
    done = restore_first(scene, row, job.value());
  }
  if (!done.ok()) return done.error();
  if (Status kept = hold_unbonding(scene, row, held); !kept.ok()) return kept.error();
  if (Status put = put_job(scene.txn, row.job, job.value()); !put.ok()) return put.error();
  if (Status put = put_attestation(scene.txn, attestation, row); !put.ok()) return put.error();
  return true;
}

Status void_from(Scene& scene, WorkerState& row, std::uint64_t from) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> matches;
  const Status scanned = View(scene.txn).each_match_of(
      row.key, from, [&](std::uint64_t verdict, std::uint64_t attestation) {
        matches.emplace_back(verdict, attestation);
        return true;
      });
  if (!scanned.ok()) return scanned;
  for (const auto& [verdict, attestation] : matches) {
    Result<bool> stood = void_match(scene, verdict, attestation);
    if (!stood.ok()) return stood.error();
    if (stood.value()) ++row.voided;
  }
  return {};
}

std::uint64_t& count_of(WorkerState& row, wire::Outcome outcome) {
  if (outcome == wire::Outcome::match) return row.matches;
  return outcome == wire::Outcome::mismatch ? row.mismatches : row.inconclusive;
}

}  // namespace

Status worker(Scene& scene) {
  if (Status may = must_be_operator(scene, "workers"); !may.ok()) return may;
  Result<wire::Worker> said = wire::parse_worker(scene.payload());
  if (!said.ok()) return said.error();
  const wire::Worker& it = said.value();
  Result<std::optional<WorkerState>> known = View(scene.txn).worker(it.worker);
  if (!known.ok()) return known.error();
  if (!known.value()) {
    if (!it.enabled) return fail(Code::not_found, "no worker " + key_id(it.worker) + " is known");
    if (Status sound = check_public_key(it.worker); !sound.ok()) return sound;
  }
  if (it.void_from > scene.entry.index) {
    return fail(Code::conflict,
                "void_from: leaf " + std::to_string(it.void_from) + " is not there yet");
  }
  WorkerState row = std::move(known).value().value_or(WorkerState{});
  if (it.after != row.changed_index) {
    return fail(Code::conflict, row.changed_index == 0
                                    ? "after: nothing was said of that worker before"
                                    : "after: the last statement about that worker is leaf " +
                                          std::to_string(row.changed_index));
  }
  if (row.since_index == 0) row.since_index = scene.entry.index;
  row.key = it.worker;
  row.name = it.name;
  row.device = it.device;
  row.driver = it.driver;
  row.enabled = it.enabled;
  row.cause = it.cause;
  row.changed_index = scene.entry.index;
  if (it.void_from != 0) {
    if (Status voided = void_from(scene, row, it.void_from); !voided.ok()) return voided;
  }
  return put_worker(scene.txn, row);
}

Status may_be_named(const Scene& scene, const wire::Verdict& verdict) {
  for (const wire::VerdictWorker& each : verdict.workers) {
    Result<std::optional<WorkerState>> row = View(scene.txn).worker(each.worker);
    if (!row.ok()) return row.error();
    if (!row.value() || !row.value()->enabled) {
      return fail(Code::permission, "worker " + key_id(each.worker) +
                                        (row.value() ? " is suspended: nothing that it says counts"
                                                     : " is not known to this log"));
    }
  }
  return {};
}

Status note_workers(Scene& scene, const wire::Verdict& verdict) {
  for (const wire::VerdictWorker& each : verdict.workers) {
    Result<std::optional<WorkerState>> row = View(scene.txn).worker(each.worker);
    if (!row.ok()) return row.error();
    if (!row.value()) return fail(Code::storage, "a worker that was there is gone");
    ++count_of(*row.value(), verdict.outcome);
    if (Status put = put_worker(scene.txn, *row.value()); !put.ok()) return put;
    if (verdict.outcome != wire::Outcome::match) continue;
    const Status put =
        scene.txn.put(tables::kWorkerVerdicts, worker_verdict_key(each.worker, scene.entry.index),
                      index_key(verdict.attestation_index));
    if (!put.ok()) return put;
  }
  return {};
}

}  // namespace assay::reputation::rules
