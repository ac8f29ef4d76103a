#include "verifier/service/workers.h"

#include <algorithm>

#include "core/wire/dsse.h"
#include "core/wire/text.h"
#include "verifier/service/documents.h"

namespace assay::verifier {

using reputation::View;
using reputation::WorkerState;
using wire::LeaseReply;
using wire::Outcome;

namespace {

constexpr std::int64_t kClockSkewMs = 60'000;
constexpr std::int64_t kCallingMs = 30'000;
constexpr std::uint32_t kWaitMs = 1'000;  // before the next call, where there was nothing to do
constexpr std::int64_t kPruneMs = 3'600'000;

wire::LeasedTask lent_task(const Audits::Leased& leased) {
  const OpenAudit& audit = leased.audit;
  wire::LeasedTask task;
  task.spec = audit.order.spec;
  task.steps = audit.state.steps;
  task.trace = audit.state.trace_blob;
  task.opening = audit.state.opening_blob;
  task.opening_bytes = leased.opening_bytes;
  task.positions = audit.scope.positions;
  task.rows = audit.scope.rows;
  task.pairs = audit.scope.pairs;
  task.seed = audit.scope.seed;
  task.micro_columns = audit.scope.micro_columns;
  return task;
}

LeaseRow row_of(LeaseOf of, std::uint64_t attestation, const wire::LeasedTask& task) {
  LeaseRow row;
  row.of = of;
  row.attestation = attestation;
  row.task = wire::task_digest(task);
  row.positions = static_cast<std::uint32_t>(task.positions.size());
  row.rows = static_cast<std::uint32_t>(task.rows.size());
  row.pairs = static_cast<std::uint32_t>(task.pairs.size());
  return row;
}

// A result judges every part that was lent; a failure may have judged none.
Status check_counts(const LeaseRow& row, const wire::WorkerResult& result) {
  const bool none = result.positions.empty() && result.rows.empty() && result.pairs.empty();
  const bool all = result.positions.size() == row.positions && result.rows.size() == row.rows &&
                   result.pairs.size() == row.pairs;
  if (all || (none && result.outcome == Outcome::inconclusive)) return {};
  return fail(Code::malformed,
              "the result does not judge every position, row and pair of the task");
}

ReplayAnswer answer_of(const wire::WorkerResult& result, const Digest& statement) {
  ReplayAnswer answer;
  answer.report.positions = result.positions;
  answer.report.rows = result.rows;
  answer.report.pairs = result.pairs;
  answer.report.outcome = result.outcome;
  answer.report.ops = result.replay_ops;
  answer.report.detail = result.detail;
  answer.device = result.device;
  answer.driver = result.driver;
  answer.workers = {{result.worker, result.device, result.driver, statement}};
  return answer;
}

Error suspended(const WorkerState& row) {
  return fail(Code::permission, "this worker is suspended (" + row.cause +
                                    "): nothing that it says counts until an operator enables it");
}

}  // namespace

Status Workers::load() {
  Result<std::vector<LeaseRow>> rows = table_.leases();
  if (!rows.ok()) return rows.error();
  const std::scoped_lock lock(mutex_);
  for (const LeaseRow& row : rows.value()) {
    leases_[row.id] = row;
    if (row.of == LeaseOf::replay) audits_.hold(row.attestation);
  }
  must_suspend_ = true;  // perhaps: the records say
  return {};
}

// Whose signature holds, and who is enabled.
template <class T>
Result<T> Workers::open(const std::string& envelope, wire::Kind kind,
                        Result<T> (*parse)(std::string_view), Digest* statement) {
  Result<wire::Envelope> parsed = wire::parse_envelope(envelope);
  if (!parsed.ok()) return parsed.error();
  const std::string_view payload = as_text(parsed.value().payload);
  if (Result<wire::Statement> right = wire::parse_statement(payload, kind); !right.ok()) {
    return right.error();
  }
  Result<T> said = parse(payload);
  if (!said.ok()) return said.error();
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context_.read();
  if (!txn.ok()) return txn.error();
  Result<std::optional<WorkerState>> row = View(*txn.value()).worker(said.value().worker);
  if (!row.ok()) return row.error();
  if (!row.value()) {
    const std::string key = said.value().worker.hex();
    return fail(Code::not_found,
                "worker " + key_id(said.value().worker) +
                    " is not known here: an operator must enable it (assay-verifier workers "
                    "--verifier URL --enable " +
                    key + " --key KEY)");
  }
  Result<wire::OpenedEnvelope> opened = wire::open_envelope(parsed.value(), said.value().worker);
  if (!opened.ok()) return opened.error();
  if (!row.value()->enabled) return suspended(*row.value());
  if (said.value().worker == context_.own_worker) {
    return fail(Code::permission, "the verifier's own worker does not call itself");
  }
  *statement = opened.value().pae_digest;
  return said;
}

Status Workers::hear(const wire::WorkerCall& call) {
  if (call.origin != context_.origin()) {
    return fail(Code::conflict, "the call is for the verifier of " + wire::quoted(call.origin) +
                                    ", not of " + context_.origin());
  }
  const std::int64_t skew = call.sent - context_.clock.unix_now();
  if (skew > kClockSkewMs || skew < -kClockSkewMs) {
    return fail(Code::conflict, "the call is " + std::to_string(skew) +
                                    " ms off the verifier's clock: set this machine's");
  }
  const auto heard = heard_.find(call.worker);
  if (heard != heard_.end() && call.sent <= heard->second.sent) {
    return fail(Code::conflict,
                "a call of that time or a later one was heard before: a replay, or "
                "a second worker with the same key");
  }
  heard_[call.worker] = {call.sent, context_.clock.steady_now()};
  return {};
}

Result<std::string> Workers::call(const std::string& envelope) {
  Digest statement;
  Result<wire::WorkerCall> call =
      open(envelope, wire::Kind::worker_call, wire::parse_worker_call, &statement);
  if (!call.ok()) return call.error();
  {
    const std::scoped_lock lock(mutex_);
    if (Status heard = hear(call.value()); !heard.ok()) return heard.error();
  }
  Result<LeaseReply> reply =
      call.value().lease == Digest{} ? grant(call.value().worker) : extend(call.value());
  if (!reply.ok()) return reply.error();
  return wire::lease_reply_text(reply.value());
}

Result<LeaseReply> Workers::extend(const wire::WorkerCall& call) {
  const std::scoped_lock lock(mutex_);
  const auto found = leases_.find(call.lease);
  if (found == leases_.end()) {
    return fail(Code::conflict, "that lease is over: somebody else has the replay now");
  }
  LeaseRow& row = found->second;
  if (row.worker != call.worker) {
    return fail(Code::permission, "that lease is another worker's");
  }
  const UnixMillis now = context_.clock.unix_now();
  const UnixMillis last =
      row.granted + static_cast<std::int64_t>(context_.policy().job_deadline_max_ms);
  row.ends = std::min(now + context_.options.leases.lease_ms, last);
  if (Status put = table_.put(row); !put.ok()) return put.error();
  LeaseReply reply;
  reply.wait_ms = static_cast<std::uint32_t>(context_.options.leases.lease_ms / 3);
  return reply;
}

// The mutex is held.
void Workers::change_record(const PublicKey& worker,
                            const std::function<void(WorkerRecord&)>& change) {
  Result<WorkerRecord> record = table_.record(worker);
  if (!record.ok()) return;
  change(record.value());
  (void)table_.put(worker, record.value());
}

Status Workers::lend(const PublicKey& worker, LeaseRow row, const wire::LeasedTask& task,
                     LeaseReply& reply) {
  context_.random.fill(row.id.bytes);
  row.worker = worker;
  row.granted = context_.clock.unix_now();
  row.ends = row.granted + context_.options.leases.lease_ms;
  if (Status put = table_.put(row); !put.ok()) return put;
  change_record(worker, [](WorkerRecord& record) { ++record.leases; });
  leases_[row.id] = row;
  reply.lease = wire::Lease{row.id, row.ends, task};
  return {};
}

// The mutex is held. The first that is made of a claim which this worker has not seen; of several
// workers, that is. One that works alone has seen them all.
Workers::Canary Workers::take_canary(const PublicKey& worker) {
  auto at = std::ranges::find_if(canaries_, [&](const Canary& one) {
    return std::ranges::find(one.known_to, worker) == one.known_to.end();
  });
  if (at == canaries_.end()) at = canaries_.begin();
  Canary taken = std::move(*at);
  canaries_.erase(at);
  return taken;
}

Result<LeaseReply> Workers::grant(const PublicKey& worker) {
  LeaseReply nothing;
  nothing.wait_ms = kWaitMs;
  {
    const std::scoped_lock lock(mutex_);
    const auto held =
        std::ranges::count(leases_, worker, [](const auto& entry) { return entry.second.worker; });
    if (held >= context_.options.leases.of_one_worker_max) {
      return fail(Code::rate_limited,
                  "this worker has " + std::to_string(held) + " leases: answer them first");
    }
    // A canary comes where a replay would have come: what waits tells nothing.
    const bool canary = !canaries_.empty() && audits_.replay_backlog() > 0 &&
                        context_.random.below(1'000'000) < context_.options.leases.canary_ppm;
    if (canary) {
      const Canary given = take_canary(worker);
      LeaseReply reply;
      const LeaseRow row = row_of(given.of, given.attestation, given.task);
      if (Status lent = lend(worker, row, given.task, reply); !lent.ok()) return lent.error();
      return reply;
    }
  }
  Result<Audits::Leased> leased = audits_.take_for_worker();
  if (!leased.ok()) return nothing;
  const wire::LeasedTask task = lent_task(leased.value());
  const std::uint64_t attestation = leased.value().audit.attestation_index;
  const std::scoped_lock lock(mutex_);
  LeaseReply reply;
  const Status lent = lend(worker, row_of(LeaseOf::replay, attestation, task), task, reply);
  if (!lent.ok()) {
    audits_.not_answered(attestation, false);
    return lent.error();
  }
  return reply;
}

// The lease of a result.
Result<LeaseRow> Workers::lease_of(const wire::WorkerResult& result) {
  const std::scoped_lock lock(mutex_);
  const auto found = leases_.find(result.lease);
  if (found == leases_.end()) {
    return fail(Code::conflict, "that lease is over: a result counts once, and before it ends");
  }
  const LeaseRow row = found->second;
  if (row.worker != result.worker) {
    return fail(Code::permission, "that lease is another worker's");
  }
  if (row.task != result.task) {
    return fail(Code::malformed, "the result is of another task than was leased");
  }
  if (Status counts = check_counts(row, result); !counts.ok()) return counts.error();
  return row;
}

// A result counts once: of two that come at once, one ends the lease.
Status Workers::end(const LeaseRow& row) {
  const std::scoped_lock lock(mutex_);
  if (!leases_.contains(row.id)) {
    return fail(Code::conflict, "that lease is over: a result counts once, and before it ends");
  }
  if (Status erased = table_.erase(row.id); !erased.ok()) return erased;
  leases_.erase(row.id);
  return {};
}

Status Workers::result(const std::string& envelope) {
  Digest statement;
  Result<wire::WorkerResult> said =
      open(envelope, wire::Kind::worker_result, wire::parse_worker_result, &statement);
  if (!said.ok()) return said.error();
  Result<LeaseRow> row = lease_of(said.value());
  if (!row.ok()) return row.error();
  const bool canary = row.value().of != LeaseOf::replay;
  // What a canary showed is on the disk before its lease is over; a replay is in the log for that.
  if (canary) canary_answered(row.value(), said.value());
  if (Status ended = end(row.value()); !ended.ok()) return ended;
  {
    const std::scoped_lock lock(mutex_);
    const UnixMillis now = context_.clock.unix_now();
    if (Status kept = table_.keep_result(statement, now, envelope); !kept.ok()) {
      came_to_nothing(row.value());
      return kept;
    }
    change_record(said.value().worker, [](WorkerRecord& record) { ++record.answered; });
  }
  if (!canary) real_answered(row.value(), said.value(), statement);
  log_suspensions();
  return {};
}

Result<std::string> Workers::kept_result(const std::string& digest) {
  Result<Digest> id = parse_id(digest, "worker result");
  if (!id.ok()) return id.error();
  Result<std::optional<std::string>> envelope = table_.result(id.value());
  if (!envelope.ok()) return envelope.error();
  if (!envelope.value()) return fail(Code::not_found, "no worker's result " + digest);
  return std::move(*envelope.value());
}

void Workers::real_answered(const LeaseRow& row, const wire::WorkerResult& result,
                            const Digest& statement) {
  const ReplayAnswer answer = answer_of(result, statement);
  if (result.outcome == Outcome::mismatch) {
    audits_.claimed(row.attestation, answer.workers.front());
    const std::scoped_lock lock(mutex_);
    (void)table_.set_attempts(row.attestation, 0);
  } else if (result.outcome == Outcome::match) {
    audits_.answered(row.attestation, answer);
    const std::scoped_lock lock(mutex_);
    (void)table_.set_attempts(row.attestation, 0);
  } else {
    const std::scoped_lock lock(mutex_);
    came_to_nothing(row);
  }
}

// The mutex is held. Another may try; after too many, ours must.
void Workers::came_to_nothing(const LeaseRow& row) {
  if (row.of != LeaseOf::replay) return;
  const Result<std::uint32_t> before = table_.attempts(row.attestation);
  const std::uint32_t attempts = before.ok() ? before.value() + 1 : UINT32_MAX;
  const bool dead = attempts >= context_.options.leases.attempts_max;
  if (dead) ++counts_.dead_letters;
  (void)table_.set_attempts(row.attestation, dead ? 0 : attempts);
  audits_.not_answered(row.attestation, dead);
}

void Workers::expire() {
  log_suspensions();
  const std::scoped_lock lock(mutex_);
  const UnixMillis now = context_.clock.unix_now();
  for (auto at = leases_.begin(); at != leases_.end();) {
    if (now < at->second.ends) {
      ++at;
      continue;
    }
    const LeaseRow row = at->second;
    at = leases_.erase(at);
    (void)table_.erase(row.id);
    ++counts_.expired;
    change_record(row.worker, [](WorkerRecord& record) { ++record.expired; });
    came_to_nothing(row);
  }
  const SteadyMillis steady = context_.clock.steady_now();
  if (steady < next_prune_) return;
  next_prune_ = steady + kPruneMs;
  (void)table_.drop_results_before(
      {now.ms - static_cast<std::int64_t>(context_.policy().retention_ms)});
}

bool Workers::are_calling() const {
  const std::scoped_lock lock(mutex_);
  const SteadyMillis now = context_.clock.steady_now();
  return std::ranges::any_of(
      heard_, [&](const auto& entry) { return now - entry.second.at <= kCallingMs; });
}

Workers::Counts Workers::counts() const {
  const std::scoped_lock lock(mutex_);
  Counts counts = counts_;
  counts.leased = leases_.size();
  counts.ready_canaries = canaries_.size();
  return counts;
}

}  // namespace assay::verifier
