// Canaries given and answered, and what a worker that misses one loses.
#include <algorithm>

#include "verifier/service/canaries.h"
#include "verifier/service/workers.h"

namespace assay::verifier {

using reputation::View;
using reputation::WorkerState;
using wire::Outcome;

namespace {

constexpr std::size_t kCanariesReady = 4;
constexpr int kBendsTried = 8;
constexpr std::int64_t kTryAgainMs = 1'000;

Result<std::uint64_t> log_size(const Context& context) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  Result<reputation::Head> head = View(*txn.value()).head();
  if (!head.ok()) return head.error();
  return head.value().size;
}

}  // namespace

bool Workers::prepare_canary() {
  bool good = true;
  {
    const std::scoped_lock lock(mutex_);
    const SteadyMillis now = context_.clock.steady_now();
    if (canaries_.size() >= kCanariesReady || now < next_try_) return false;
    const auto of_kind = std::ranges::count(canaries_, LeaseOf::good_canary, &Canary::of);
    good = 2 * static_cast<std::size_t>(of_kind) < canaries_.size() + 1 && of_kind < 2;
    next_try_ = now + kTryAgainMs;
  }
  if (!are_calling()) return false;
  const std::optional<std::uint64_t> source = audits_.some_match();
  if (!source) return false;
  std::optional<Canary> made = make_canary(*source, good);
  if (!made) return true;
  const std::scoped_lock lock(mutex_);
  next_try_ = context_.clock.steady_now();
  canaries_.push_back(std::move(*made));
  return true;
}

// Its answer is known because it was computed here, just now.
std::optional<Workers::Canary> Workers::make_canary(std::uint64_t attestation, bool good) {
  Result<Audits::Leased> leased = audits_.load_leased(attestation);
  if (!leased.ok()) return {};
  ReplayTask task = task_of(leased.value());
  wire::LeasedTask lent;
  lent.spec = task.spec;
  lent.steps = leased.value().audit.state.steps;
  lent.positions = task.scope.positions;
  lent.rows = task.scope.rows;
  lent.pairs = task.scope.pairs;
  lent.seed = task.scope.seed;
  lent.micro_columns = task.scope.micro_columns;
  if (good) {
    const ReplayAnswer ours = context_.replay(task, context_.inputs());
    if (ours.report.outcome == Outcome::mismatch) doubt(attestation);
    if (ours.report.outcome != Outcome::match) return {};
  } else {
    Result<std::unique_ptr<compute::Program>> program =
        compute::load_program(task.spec, context_.inputs(), context_.options.caps);
    if (!program.ok()) return {};
    std::optional<ReplayTask> bent;
    for (int i = 0; i < kBendsTried && !bent; ++i) {
      bent = bend(program.value()->plan(), task, context_.random);
      if (bent && context_.replay(*bent, context_.inputs()).report.outcome != Outcome::mismatch) {
        bent.reset();
      }
    }
    if (!bent) return {};
    task = std::move(*bent);
  }
  const Bytes trace = wire::trace_file(task.trace);
  const Bytes opening = wire::opening_file(task.opening);
  lent.trace = sha256(trace);
  lent.opening = sha256(opening);
  lent.opening_bytes = opening.size();
  if (!context_.blobs.put(lent.trace, trace).ok()) return {};
  if (!context_.blobs.put(lent.opening, opening).ok()) return {};
  return Canary{good ? LeaseOf::good_canary : LeaseOf::bad_canary, attestation, std::move(lent)};
}

// A match in the log that does not match: what the workers it rests on said was wrong.
void Workers::doubt(std::uint64_t attestation) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return;
  const View view(*txn.value());
  Result<std::optional<reputation::AttestationState>> row = view.attestation(attestation);
  if (!row.ok() || !row.value() || row.value()->verdict_index == 0) return;
  Result<reputation::Head> head = view.head();
  if (!head.ok()) return;
  Result<wire::LogLeaf> leaf = view.log(head.value().size).leaf(row.value()->verdict_index);
  if (!leaf.ok()) return;
  const Result<wire::Verdict> verdict = wire::parse_verdict(leaf.value().payload);
  const std::uint64_t index = row.value()->verdict_index;
  txn.value().reset();
  if (!verdict.ok()) return;
  for (const wire::VerdictWorker& worker : verdict.value().workers) {
    if (worker.worker == context_.own_worker) continue;
    Result<WorkerRecord> record = [&] {
      const std::scoped_lock lock(mutex_);
      return table_.record(worker.worker);
    }();
    const std::uint64_t vouched = record.ok() ? record.value().bad_at : 0;
    suspend(worker.worker, SuspendedFor::refuted, std::min(vouched, index));
  }
  log_suspensions();
}

void Workers::canary_answered(const LeaseRow& row, const wire::WorkerResult& result) {
  if (result.outcome == Outcome::inconclusive) return;  // it failed: nothing for or against
  const bool good = row.of == LeaseOf::good_canary;
  const bool passed = result.outcome == (good ? Outcome::match : Outcome::mismatch);
  const Result<std::uint64_t> size = log_size(context_);
  std::uint64_t vouched = 0;
  {
    const std::scoped_lock lock(mutex_);
    ++(passed ? counts_.canaries_passed : counts_.canaries_missed);
    change_record(row.worker, [&](WorkerRecord& record) {
      std::uint64_t& at = good ? record.good_at : record.bad_at;
      vouched = at;
      if (passed && size.ok()) at = size.value();
      ++(passed ? record.canaries_passed : record.canaries_missed);
    });
  }
  if (!passed) suspend(row.worker, SuspendedFor::missed_canary, vouched);
}

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
  if (!due.empty()) (void)audits_.load();  // what was void is due again
}

// Whether it is in the log, or need not be any more.
bool Workers::log_suspension(const PublicKey& worker, const WorkerRecord& record) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return false;
  Result<std::optional<WorkerState>> row = View(*txn.value()).worker(worker);
  txn.value().reset();
  if (!row.ok()) return false;
  if (row.value() && row.value()->enabled) {
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
    statement.void_from = std::max<std::uint64_t>(record.void_from, 1);  // all that it said
    if (!log_own(context_, wire::worker_statement(statement)).ok()) return false;
  }
  const std::scoped_lock lock(mutex_);
  change_record(worker, [](WorkerRecord& kept) { kept.to_suspend = kept.void_from = 0; });
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
  return true;
}

}  // namespace assay::verifier
