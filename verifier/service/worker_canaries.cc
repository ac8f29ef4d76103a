// Canaries given and answered, and what a worker that misses one loses.
#include <algorithm>

#include "verifier/service/canaries.h"
#include "verifier/service/workers.h"

namespace assay::verifier {

using reputation::View;
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

// The workers that a verdict in the log rests on; none where that cannot be read.
std::vector<PublicKey> workers_of(const Context& context, std::uint64_t verdict_index) {
  std::vector<PublicKey> workers;
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return workers;
  const View view(*txn.value());
  Result<reputation::Head> head = view.head();
  if (!head.ok()) return workers;
  Result<wire::LogLeaf> leaf = view.log(head.value().size).leaf(verdict_index);
  if (!leaf.ok()) return workers;
  const Result<wire::Verdict> verdict = wire::parse_verdict(leaf.value().payload);
  if (!verdict.ok()) return workers;
  for (const wire::VerdictWorker& it : verdict.value().workers) workers.push_back(it.worker);
  return workers;
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
    const std::uint64_t verdict = leased.value().audit.state.verdict_index;
    if (ours.report.outcome == Outcome::mismatch) doubt(attestation, verdict);
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
  return Canary{good ? LeaseOf::good_canary : LeaseOf::bad_canary, attestation, std::move(lent),
                workers_of(context_, leased.value().audit.state.verdict_index)};
}

// A match in the log that does not match: what the workers it rests on said was wrong. An audit
// that was made again since, and came to a mismatch, rests on workers who were right.
void Workers::doubt(std::uint64_t attestation, std::uint64_t verdict_index) {
  {
    Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
    if (!txn.ok() || verdict_index == 0) return;
    const auto row = View(*txn.value()).attestation(attestation);
    if (!row.ok() || !row.value() || !row.value()->matched_by(verdict_index)) return;
  }
  for (const PublicKey& worker : workers_of(context_, verdict_index)) {
    if (worker == context_.own_worker) continue;
    Result<WorkerRecord> record = [&] {
      const std::scoped_lock lock(mutex_);
      return table_.record(worker);
    }();
    const std::uint64_t vouched = record.ok() ? record.value().bad_at : 0;
    suspend(worker, SuspendedFor::refuted, std::min(vouched, verdict_index));
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

}  // namespace assay::verifier
