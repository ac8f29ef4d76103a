#include "tests/sim/elsewhere.h"

#include "verifier/service/audits.h"

namespace assay::test {

verifier::LeaseOptions first_to_workers() {
  verifier::LeaseOptions options;
  options.workers_first = true;
  options.canary_ppm = 0;
  return options;
}

std::uint64_t metric(World& world, const std::string& name) {
  const std::string text = world.service->metrics();
  const std::size_t at = text.find("\n" + name + " ");
  ASSAY_CHECK(at != std::string::npos, name);
  return std::stoull(text.substr(at + name.size() + 2));
}

Elsewhere::Elsewhere(World& world, const std::string& name, Bend bend)
    : key(SigningKey::from_seed(sha256(as_bytes("tests/sim worker " + name)).view()).value()),
      world_(world),
      replay_(verifier::local_runner(wire::demo_policy(), {})) {
  if (bend) {
    replay_ = [bend, real = replay_](const verifier::ReplayTask& task,
                                     const compute::InputSource& inputs) {
      return bend(real(task, inputs), task);
    };
  }
  wire::Worker worker;
  worker.worker = key.public_key();
  worker.name = name;
  worker.device = "cpu";
  const Result<reputation::Appended> enabled =
      verifier::log_own(world.service->context(), wire::worker_statement(worker));
  ASSAY_CHECK(enabled.ok(), enabled.ok() ? "" : enabled.error().what);
  (void)ask(sha256(as_bytes("to be heard of")));
}

void Elsewhere::work() {
  // Anew each time, as after a restart: it has nothing to remember but when it spoke last.
  world_.clock.advance(1);
  verifier::RemoteWorker worker({world_.port(), world_.clock}, key,
                                {.origin = world_.service->context().origin()}, replay_);
  const Result<verifier::RemoteWorker::Turn> turn = worker.turn();
  last_error = turn.ok() ? std::optional<Code>{} : turn.error().code;
  if (turn.ok() && turn.value().replayed) ++outcomes[turn.value().outcome];
}

bool Elsewhere::work_until(const std::function<bool()>& done, std::int64_t max_ms) {
  return world_.run_until(
      [&] {
        work();
        return done();
      },
      max_ms);
}

Result<wire::LeaseReply> Elsewhere::ask(const Digest& lease) {
  world_.clock.advance(1);
  wire::WorkerCall call;
  call.worker = key.public_key();
  call.origin = world_.service->context().origin();
  call.sent = world_.clock.unix_now();
  call.lease = lease;
  Result<std::string> answer = world_.port().worker_call(
      wire::seal(key, wire::statement_text(wire::worker_call_statement(call))));
  if (!answer.ok()) return answer.error();
  return wire::parse_lease_reply(answer.value());
}

void Elsewhere::answer(const wire::Lease& lease) {
  wire::WorkerResult result;
  result.worker = key.public_key();
  result.lease = lease.id;
  result.task = wire::task_digest(lease.task);
  result.outcome = wire::Outcome::match;
  result.positions.assign(lease.task.positions.size(), wire::Outcome::match);
  result.rows.assign(lease.task.rows.size(), wire::Outcome::match);
  result.pairs.assign(lease.task.pairs.size(), wire::Outcome::match);
  result.device = "cpu";
  const Status taken = world_.port().worker_result(
      wire::seal(key, wire::statement_text(wire::worker_result_statement(result))));
  ASSAY_CHECK(taken.ok(), taken.ok() ? "" : taken.error().what);
}

reputation::WorkerState Elsewhere::row() {
  const auto txn = world_.store->read();
  return *reputation::View(*txn.value()).worker(key.public_key()).value();
}

}  // namespace assay::test
