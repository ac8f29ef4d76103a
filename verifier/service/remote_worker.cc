#include "verifier/service/remote_worker.h"

#include "core/wire/dsse.h"

namespace assay::verifier {

using wire::Outcome;

namespace {

constexpr std::int64_t kKeepMs = 5'000;  // where there is no lease to be kept

wire::WorkerResult result_of(const wire::Lease& lease, const ReplayAnswer& answer) {
  wire::WorkerResult result;
  result.lease = lease.id;
  result.task = wire::task_digest(lease.task);
  result.outcome = answer.report.outcome;
  result.device = answer.device.empty() ? "none" : answer.device.substr(0, wire::kWorkerDeviceMax);
  result.driver = answer.driver.substr(0, wire::kWorkerDriverMax);
  result.replay_ops = answer.report.ops;
  result.detail = answer.report.detail;
  if (result.outcome == Outcome::inconclusive) return result;
  result.positions = answer.report.positions;
  result.rows = answer.report.rows;
  result.pairs = answer.report.pairs;
  if (result.outcome != Outcome::mismatch) return result;
  result.faulty_step = answer.report.faulty_step;
  result.faulty_row = answer.report.faulty_row;
  return result;
}

// Parts that the job has: nobody replays others, whoever asks for them.
Status check_scope(const compute::Plan& plan, const wire::LeasedTask& task) {
  const bool there = plan.steps == task.steps &&
                     (task.positions.empty() || task.positions.back() <= plan.steps) &&
                     (task.rows.empty() || task.rows.back() < plan.rows) &&
                     (task.pairs.empty() || task.pairs.back() < compute::pair_count(plan));
  if (there) return {};
  return fail(Code::malformed, "the job has no such steps, rows or pairs as the lease names");
}

ReplayAnswer failed(const Error& error) {
  ReplayAnswer answer;
  answer.report.detail = error.what;
  answer.device = "none";
  return answer;
}

}  // namespace

RemoteWorker::RemoteWorker(RemoteWorkerPorts ports, const SigningKey& key,
                           RemoteWorkerOptions options, ReplayRunner replay)
    : ports_(ports), key_(key), options_(std::move(options)), replay_(std::move(replay)) {}

Result<wire::LeaseReply> RemoteWorker::call(const Digest& lease) {
  wire::WorkerCall call;
  call.worker = key_.public_key();
  call.origin = options_.origin;
  call.lease = lease;
  {
    const std::scoped_lock lock(mutex_);
    last_sent_ = std::max(ports_.clock.unix_now(), last_sent_ + 1);
    call.sent = last_sent_;
  }
  const std::string text = wire::statement_text(wire::worker_call_statement(call));
  Result<std::string> answer = ports_.verifier.worker_call(wire::seal(key_, text));
  if (!answer.ok()) return answer.error();
  Result<wire::LeaseReply> reply = wire::parse_lease_reply(answer.value());
  if (!reply.ok()) return fail(Code::network, "the verifier's answer: " + reply.error().what);
  return reply;
}

Result<ReplayTask> RemoteWorker::fetch(const wire::LeasedTask& task) {
  ReplayTask out;
  out.spec = task.spec;
  Result<Bytes> trace = ports_.verifier.get_blob(task.trace);
  if (!trace.ok()) return trace.error().in("trace");
  Result<wire::Trace> parsed = wire::parse_trace_file(trace.value(), task.steps);
  if (!parsed.ok()) return parsed.error();
  out.trace = std::move(parsed).value();
  Result<Bytes> file = ports_.verifier.get_blob(task.opening);
  if (!file.ok()) return file.error().in("opening");
  Result<wire::Opening> opening = wire::parse_opening_file(file.value(), options_.blob_bytes_max);
  if (!opening.ok()) return opening.error();
  out.opening = std::move(opening).value();
  out.scope.positions = task.positions;
  out.scope.rows = task.rows;
  out.scope.pairs = task.pairs;
  out.scope.seed = task.seed;
  out.scope.micro_columns = task.micro_columns;
  return out;
}

// Everything but a replay that came to something is a failure of ours.
ReplayAnswer RemoteWorker::replay(const wire::LeasedTask& task) {
  Result<ReplayTask> fetched = fetch(task);
  if (!fetched.ok()) return failed(fetched.error());
  const compute::InputSource inputs(
      [this](const wire::Input& input) { return ports_.verifier.get_blob(input.sha256); },
      options_.models);
  Result<std::unique_ptr<compute::Program>> program =
      compute::load_program(task.spec, inputs, options_.caps);
  if (!program.ok()) return failed(program.error());
  const compute::Plan& plan = program.value()->plan();
  if (Status there = check_scope(plan, task); !there.ok()) return failed(there.error());
  const ReplayTask& claim = fetched.value();
  const Status sound = check_opening(plan, claim.trace, claim.scope, claim.opening);
  if (!sound.ok()) return failed(sound.error());
  return replay_(claim, inputs);
}

Result<RemoteWorker::Turn> RemoteWorker::turn() {
  Result<wire::LeaseReply> reply = call({});
  if (!reply.ok()) return reply.error();
  Turn turn;
  turn.wait_ms = reply.value().wait_ms;
  if (!reply.value().lease) return turn;
  const wire::Lease& lease = *reply.value().lease;
  {
    const std::scoped_lock lock(mutex_);
    lease_ = lease.id;
  }
  wire::WorkerResult result = result_of(lease, replay(lease.task));
  {
    const std::scoped_lock lock(mutex_);
    lease_ = {};
  }
  result.worker = key_.public_key();
  turn.replayed = true;
  turn.outcome = result.outcome;
  turn.wait_ms = 0;
  const std::string text = wire::statement_text(wire::worker_result_statement(result));
  if (Status taken = ports_.verifier.worker_result(wire::seal(key_, text)); !taken.ok()) {
    return taken.error();
  }
  return turn;
}

Result<std::int64_t> RemoteWorker::keep_lease() {
  Digest lease;
  {
    const std::scoped_lock lock(mutex_);
    lease = lease_;
  }
  if (lease == Digest{}) return kKeepMs;
  Result<wire::LeaseReply> reply = call(lease);
  if (!reply.ok()) return reply.error();
  return std::int64_t{reply.value().wait_ms};
}

}  // namespace assay::verifier
