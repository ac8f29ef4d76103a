// Workers that are suspended: what is logged of it, and what follows.
#include <algorithm>

#include "verifier/service/workers.h"

namespace assay::verifier {

using reputation::View;
using reputation::WorkerState;

namespace {

// Does anything stand that rests on what a worker said from a leaf on?
Result<bool> anything_stands(const View& view, const PublicKey& worker, std::uint64_t from) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> matches;
  const Status scanned =
      view.each_match_of(worker, from, [&](std::uint64_t verdict, std::uint64_t attestation) {
        matches.emplace_back(verdict, attestation);
        return true;
      });
  if (!scanned.ok()) return scanned.error();
  for (const auto& [verdict, attestation] : matches) {
    const auto row = view.attestation(attestation);
    if (!row.ok()) return row.error();
    if (!row.value()) continue;
    const auto& first = row.value()->first;
    if (row.value()->matched_by(verdict) || (first && first->matched_by(verdict))) return true;
  }
  return false;
}

}  // namespace

// Its claim of a mismatch was none: that is a good canary missed.
void Workers::refuted(const PublicKey& worker) {
  std::uint64_t vouched = 0;
  {
    const std::scoped_lock lock(mutex_);
    const Result<WorkerRecord> record = table_.record(worker);
    if (record.ok()) vouched = record.value().good_at;
  }
  suspend(worker, SuspendedFor::refuted, vouched);
  log_suspensions();
}

// On the disk at once; in the log as soon as it takes it.
void Workers::suspend(const PublicKey& worker, SuspendedFor cause, std::uint64_t void_from) {
  const std::scoped_lock lock(mutex_);
  change_record(worker, [&](WorkerRecord& record) {
    record.void_from = record.to_suspend == 0 ? void_from : std::min(record.void_from, void_from);
    record.to_suspend = 1 + static_cast<std::uint64_t>(cause);
  });
  must_suspend_ = true;
}

void Workers::log_suspensions() {
  std::vector<std::pair<PublicKey, WorkerRecord>> due;
  {
    const std::scoped_lock lock(mutex_);
    if (!must_suspend_) return;
    const Result<std::vector<PublicKey>> workers = table_.workers();
    if (!workers.ok()) return;
    for (const PublicKey& worker : workers.value()) {
      const Result<WorkerRecord> record = table_.record(worker);
      if (!record.ok()) return;
      if (record.value().to_suspend != 0) due.emplace_back(worker, record.value());
    }
    must_suspend_ = false;
  }
  for (const auto& [worker, record] : due) {
    if (log_suspension(worker, record)) continue;
    const std::scoped_lock lock(mutex_);
    must_suspend_ = true;
  }
  if (!due.empty()) audits_.look_again();  // what was void is due again
}

// Whether it is in the log, or need not be any more. Who is suspended already may have said more
// that is void than was known then.
bool Workers::log_suspension(const PublicKey& worker, const WorkerRecord& record) {
  const std::uint64_t void_from = std::max<std::uint64_t>(record.void_from, 1);  // all that it said
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return false;
  const View view(*txn.value());
  Result<std::optional<WorkerState>> row = view.worker(worker);
  if (!row.ok()) return false;
  Result<bool> stands = anything_stands(view, worker, void_from);
  if (!stands.ok()) return false;
  txn.value().reset();
  if (row.value() && (row.value()->enabled || stands.value())) {
    wire::Worker statement;
    statement.worker = worker;
    statement.name = row.value()->name;
    statement.device = row.value()->device;
    statement.driver = row.value()->driver;
    statement.enabled = false;
    statement.cause =
        record.to_suspend == 1 + static_cast<std::uint64_t>(SuspendedFor::missed_canary)
            ? "missed-canary"
            : "refuted";
    statement.void_from = void_from;
    statement.after = row.value()->changed_index;
    if (!log_own(context_, wire::worker_statement(statement)).ok()) return false;
  }
  const std::scoped_lock lock(mutex_);
  change_record(worker, [](WorkerRecord& kept) { kept.to_suspend = kept.void_from = 0; });
  end_leases_of(worker);
  return true;
}

void Workers::told(const wire::Worker& statement) {
  if (statement.enabled) return;
  {
    const std::scoped_lock lock(mutex_);
    end_leases_of(statement.worker);
  }
  audits_.look_again();  // what was void is due again
}

// The mutex is held. They are others' now.
void Workers::end_leases_of(const PublicKey& worker) {
  for (auto at = leases_.begin(); at != leases_.end();) {
    if (at->second.worker != worker) {
      ++at;
      continue;
    }
    const LeaseRow lease = at->second;
    at = leases_.erase(at);
    (void)table_.erase(lease.id);
    if (lease.of == LeaseOf::replay) audits_.not_answered(lease.attestation, false);
  }
}

}  // namespace assay::verifier
