// Workers elsewhere, in worlds where they are honest, lie, stamp, die, come too late or are
// replayed: whatever they do, every provider stands where it stands without them.
#include <algorithm>

#include "tests/catch.h"
#include "tests/service/standing.h"
#include "tests/sim/elsewhere.h"

namespace assay::test {
namespace {

using prover::Misbehave;
using verifier::ReplayAnswer;
using verifier::ReplayRunner;
using verifier::ReplayTask;
using wire::Outcome;

Standing clean_standing(int jobs) {
  World world;
  world.add_provider("alice");
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  for (int i = 0; i < jobs; ++i) {
    const Result<Digest> job = world.order(world.gemm_order());
    REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
  }
  return standing(world, "alice");
}

wire::Verdict verdict_on(World& world, const Digest& job) {
  const auto txn = world.store->read();
  const reputation::View view(*txn.value());
  const auto row = view.attestation(*view.job(job).value()->attestation_index).value();
  const std::uint64_t size = view.head().value().size;
  return wire::parse_verdict(view.log(size).leaf(row->verdict_index).value().payload).value();
}

}  // namespace

TEST_CASE("a worker elsewhere replays, and the verdict names it and its signed result") {
  World world({.leases = first_to_workers()});
  world.add_provider("alice");
  Elsewhere worker(world, "w");
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  for (int i = 0; i < 3; ++i) {
    const Result<Digest> job = world.order(i == 1 ? world.render_order() : world.gemm_order());
    REQUIRE(job.ok());
    REQUIRE(worker.work_until([&] { return world.is_over(job.value()); }));
    CHECK(world.job_status(job.value()) == "settled");
    const wire::Verdict verdict = verdict_on(world, job.value());
    REQUIRE(verdict.workers.size() == 1);
    CHECK(verdict.workers[0].worker == worker.key.public_key());
    CHECK(verdict.workers[0].device == verdict.device);
    const Result<std::string> kept =
        world.service->kept_worker_result(verdict.workers[0].result.hex());
    REQUIRE(kept.ok());
    const Result<wire::OpenedEnvelope> opened =
        wire::open_envelope(wire::parse_envelope(kept.value()).value(), worker.key.public_key());
    REQUIRE(opened.ok());
    CHECK(opened.value().pae_digest == verdict.workers[0].result);
    CHECK(wire::parse_worker_result(opened.value().payload).value().outcome == Outcome::match);
  }
  CHECK(standing(world, "alice").passes == clean_standing(3).passes);
  const wire::Json workers = world.service->workers().value();
  REQUIRE(workers.find("workers")->items().size() == 1);
  const wire::Json& row = workers.find("workers")->items()[0];
  CHECK(row.find("judged")->as_u64() == 3);
  CHECK(row.find("state")->as_string() == "enabled");
  CHECK_FALSE(row.find("is_off")->as_bool());
  CHECK(world.check_everything().ok());
}

TEST_CASE("without workers that call, replays are made here, by the service's own worker") {
  World world({.leases = first_to_workers()});
  world.add_provider("alice");
  const Result<Digest> job = world.order(world.gemm_order());
  REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
  const wire::Verdict verdict = verdict_on(world, job.value());
  REQUIRE(verdict.workers.size() == 1);
  CHECK(verdict.workers[0].worker == world.service->context().own_worker);
  CHECK(verdict.workers[0].result == Digest{});
  const auto txn = world.store->read();
  const auto own = reputation::View(*txn.value()).worker(verdict.workers[0].worker).value();
  REQUIRE(own.has_value());
  CHECK(own->enabled);
  CHECK(own->matches == 1);
}

TEST_CASE("an honest worker passes canaries of both kinds, and none of it shows in the log") {
  verifier::LeaseOptions leases = first_to_workers();
  leases.canary_ppm = 500'000;
  World world({.leases = leases});
  world.add_provider("alice");
  Elsewhere worker(world, "w");
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  std::uint64_t jobs = 0;
  const auto seen_enough = [&] {
    return jobs >= 12 && worker.outcomes[Outcome::mismatch] > 0 &&
           metric(world, "assay_canaries_passed_total") >= 4;
  };
  for (; jobs < 60 && !seen_enough(); ++jobs) {
    const bool picture = jobs % 4 == 3;
    const Result<Digest> job = world.order(picture ? world.render_order() : world.gemm_order());
    REQUIRE(worker.work_until([&] { return world.is_over(job.value()); }));
  }
  CHECK(worker.outcomes[Outcome::match] > 0);
  CHECK(worker.outcomes[Outcome::mismatch] > 0);  // canaries that were bent
  CHECK(worker.outcomes[Outcome::inconclusive] == 0);
  CHECK(worker.is_enabled());
  CHECK(metric(world, "assay_canaries_passed_total") >= 4);
  CHECK(metric(world, "assay_canaries_missed_total") == 0);
  CHECK(standing(world, "alice").passes == jobs);
  CHECK(world.slashes_of("alice") == 0);
  CHECK(world.check_everything().ok());
}

TEST_CASE("a lying worker convicts nobody: the definition decides, and its word is void") {
  const Standing clean = clean_standing(4);
  World world({.leases = first_to_workers()});
  world.add_provider("alice");
  Elsewhere worker(world, "liar", [](ReplayAnswer answer, const ReplayTask& task) {
    answer.report.outcome = Outcome::mismatch;
    answer.report.faulty_step = 1;
    answer.report.positions.assign(task.scope.positions.size(), Outcome::mismatch);
    return answer;
  });
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  for (int i = 0; i < 4; ++i) {
    const Result<Digest> job = world.order(world.gemm_order());
    REQUIRE(worker.work_until([&] { return world.is_over(job.value()); }));
    CHECK(world.job_status(job.value()) == "settled");
    CHECK(verdict_on(world, job.value()).workers[0].worker == world.service->context().own_worker);
  }
  CHECK_FALSE(worker.is_enabled());
  CHECK(worker.row().cause == "refuted");
  CHECK(worker.last_error == Code::permission);
  CHECK(standing(world, "alice") == clean);
  CHECK(world.slashes_of("alice") == 0);
  CHECK(world.check_everything().ok());
}

TEST_CASE("a rubber stamp is found out by a canary, and what it shielded is found after all") {
  verifier::LeaseOptions leases = first_to_workers();
  leases.canary_ppm = 150'000;
  World world({.leases = leases});
  world.add_provider("alice");
  Elsewhere stamp(world, "stamp", [](ReplayAnswer answer, const ReplayTask& task) {
    answer.report = {};
    answer.report.outcome = Outcome::match;
    answer.report.positions.assign(task.scope.positions.size(), Outcome::match);
    answer.report.rows.assign(task.scope.rows.size(), Outcome::match);
    answer.report.pairs.assign(task.scope.pairs.size(), Outcome::match);
    return answer;
  });
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  world.add_provider("lazy", Misbehave::skip_steps);
  REQUIRE(world.run_until([&] { return is_registered(world, "lazy"); }));
  int jobs = 0;
  int shielded = 0;
  while (stamp.is_enabled() && jobs < 400) {
    for (const char* name : {"lazy", "alice"}) {
      const Result<Digest> job = world.order(world.gemm_order(), name);
      if (!job.ok()) continue;
      ++jobs;
      stamp.work_until([&] { return world.is_over(job.value()); }, 20'000);
    }
    if (world.slashes_of("lazy") == 0) ++shielded;
  }
  CHECK(shielded > 0);  // its word counted, for a while
  CHECK_FALSE(stamp.is_enabled());
  // By a canary, or by ourselves when we made one out of what it had said.
  CHECK((stamp.row().cause == "missed-canary" || stamp.row().cause == "refuted"));
  CHECK(stamp.row().voided > 0);
  // What it said is replayed here now, and the cheat is found in what it shielded.
  REQUIRE(world.run_until([&] { return world.slashes_of("lazy") >= 1; }));
  CHECK(world.trust_ppm("lazy") == 0);
  REQUIRE(world.run_until([&] { return metric(world, "assay_replay_backlog") == 0; }));
  world.run_for(5'000);
  CHECK(world.slashes_of("alice") == 0);
  const Standing of_alice = standing(world, "alice");
  CHECK(of_alice.passed == of_alice.audited);
  CHECK(of_alice.passes == of_alice.audited);
  const Status sound = world.check_everything();
  CHECK((sound.ok() ? "" : sound.error().what) == "");
}

TEST_CASE("leases that nobody answers go to others, and in the end are replayed here") {
  verifier::LeaseOptions leases = first_to_workers();
  leases.lease_ms = 1'000;
  leases.attempts_max = 3;
  World world({.leases = leases});
  world.add_provider("alice");
  Elsewhere dies(world, "dies");
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  const Result<Digest> job = world.order(world.gemm_order());
  REQUIRE(job.ok());
  std::set<Digest> leased;
  REQUIRE(world.run_until([&] {
    const Result<wire::LeaseReply> reply = dies.ask();
    if (reply.ok() && reply.value().lease) leased.insert(reply.value().lease->id);
    return world.is_over(job.value());
  }));
  CHECK(leased.size() == 3);
  CHECK(world.job_status(job.value()) == "settled");
  CHECK(metric(world, "assay_leases_expired_total") == 3);
  CHECK(metric(world, "assay_dead_letters_total") == 1);
  CHECK(dies.is_enabled());  // dying is no lie
  CHECK(world.check_everything().ok());
}

TEST_CASE("a heartbeat keeps a lease, but not longer than a job may take") {
  verifier::LeaseOptions leases = first_to_workers();
  leases.lease_ms = 1'000;
  wire::Policy policy = wire::demo_policy();
  policy.job_deadline_max_ms = 30'000;
  World world({.policy = policy, .leases = leases});
  world.add_provider("alice");
  Elsewhere slow(world, "slow");
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  const Result<Digest> job = world.order(world.gemm_order());
  std::optional<wire::Lease> lease;
  REQUIRE(world.run_until([&] {
    const Result<wire::LeaseReply> reply = slow.ask();
    if (reply.ok()) lease = reply.value().lease;
    return lease.has_value();
  }));
  const SteadyMillis begun = world.clock.steady_now();
  while (slow.ask(lease->id).ok()) {
    world.run_for(300);
    REQUIRE(world.clock.steady_now() - begun < 60'000);
  }
  const std::int64_t kept_ms = world.clock.steady_now() - begun;
  CHECK(kept_ms > 25'000);
  CHECK(kept_ms < 35'000);
}

TEST_CASE("calls and results that do not count") {
  World world({.leases = first_to_workers()});
  world.add_provider("alice");
  Elsewhere worker(world, "w");
  Elsewhere other(world, "other");
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  const Result<Digest> job = world.order(world.gemm_order());
  std::optional<wire::Lease> lease;
  REQUIRE(world.run_until([&] {
    const Result<wire::LeaseReply> reply = worker.ask();
    if (reply.ok()) lease = reply.value().lease;
    return lease.has_value();
  }));
  const auto call = [&](const SigningKey& key, wire::WorkerCall it) {
    world.clock.advance(1);
    if (it.sent == UnixMillis{}) it.sent = world.clock.unix_now();
    const Result<std::string> answer = world.service->worker_call(
        wire::seal(key, wire::statement_text(wire::worker_call_statement(it))));
    return answer.ok() ? std::string("ok") : std::string(code_name(answer.error().code));
  };
  wire::WorkerCall good{worker.key.public_key(), world.service->context().origin(), {}, lease->id};
  CHECK(call(worker.key, good) == "ok");
  CHECK(call(other.key, good) == "signature");
  wire::WorkerCall it = good;
  it.worker = other.key.public_key();
  CHECK(call(other.key, it) == "permission");  // another's lease
  it = good;
  it.origin = "another.example/log";
  CHECK(call(worker.key, it) == "conflict");
  it = good;
  it.sent = world.clock.unix_now() + -1'000;
  CHECK(call(worker.key, it) == "conflict");  // heard before
  it.sent = world.clock.unix_now() + 120'000;
  CHECK(call(worker.key, it) == "conflict");
  it = good;
  it.lease = sha256(as_bytes("no lease"));
  CHECK(call(worker.key, it) == "conflict");
  const SigningKey stranger = SigningKey::generate(world.random);
  it = good;
  it.worker = stranger.public_key();
  CHECK(call(stranger, it) == "not_found");

  const auto answer = [&](const SigningKey& key, const wire::WorkerResult& result) {
    const Status taken = world.service->worker_result(
        wire::seal(key, wire::statement_text(wire::worker_result_statement(result))));
    return taken.ok() ? std::string("ok") : std::string(code_name(taken.error().code));
  };
  wire::WorkerResult right;
  right.worker = worker.key.public_key();
  right.lease = lease->id;
  right.task = wire::task_digest(lease->task);
  right.outcome = Outcome::match;
  right.positions.assign(lease->task.positions.size(), Outcome::match);
  right.rows.assign(lease->task.rows.size(), Outcome::match);
  right.pairs.assign(lease->task.pairs.size(), Outcome::match);
  right.device = "cpu";
  CHECK(answer(other.key, right) == "signature");
  wire::WorkerResult bent = right;
  bent.worker = other.key.public_key();
  CHECK(answer(other.key, bent) == "permission");
  bent = right;
  bent.task = sha256(as_bytes("another task"));
  CHECK(answer(worker.key, bent) == "malformed");
  bent = right;
  bent.rows.pop_back();
  CHECK(answer(worker.key, bent) == "malformed");
  CHECK(answer(worker.key, right) == "ok");
  CHECK(answer(worker.key, right) == "conflict");  // once
  CHECK(world.run_until([&] { return world.is_over(job.value()); }));
  CHECK(standing(world, "alice").passes == 1);
  CHECK(world.check_everything().ok());
}

TEST_CASE("a lease outlives a restart of the service, and a miss that was not logged is not lost") {
  World world({.leases = first_to_workers()});
  world.add_provider("alice");
  Elsewhere worker(world, "w");
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  const Result<Digest> job = world.order(world.gemm_order());
  std::optional<wire::Lease> lease;
  REQUIRE(world.run_until([&] {
    const Result<wire::LeaseReply> reply = worker.ask();
    if (reply.ok()) lease = reply.value().lease;
    return lease.has_value();
  }));
  world.restart_service();
  world.run_for(2'000);
  CHECK(world.job_status(job.value()) == "attested");  // nobody else replays it meanwhile
  CHECK(metric(world, "assay_leases") == 1);
  CHECK(worker.ask(lease->id).ok());
  worker.answer(*lease);
  CHECK(world.run_until([&] { return world.is_over(job.value()); }));
  CHECK(world.job_status(job.value()) == "settled");

  verifier::LeaseTable table(*world.leases);
  verifier::WorkerRecord record = table.record(worker.key.public_key()).value();
  record.to_suspend = 1;
  record.void_from = 0;
  REQUIRE(table.put(worker.key.public_key(), record).ok());
  world.restart_service();
  world.run_for(1'000);
  CHECK_FALSE(worker.is_enabled());
  CHECK(worker.row().voided == 1);
  CHECK(world.run_until([&] { return world.job_status(job.value()) == "settled"; }));
  CHECK(standing(world, "alice").passes == 1);
  CHECK(world.check_everything().ok());
}

TEST_CASE("saturated replay makes settlement wait, and no probability fall") {
  // Nobody replays: workers call, and lease nothing.
  World world({.leases = first_to_workers()});
  // One job each: nobody new has more than one that is not settled.
  std::vector<std::string> names;
  for (int i = 0; i < 45; ++i) names.push_back("provider " + std::to_string(i));
  for (const std::string& name : names) world.add_provider(name);
  Elsewhere idle(world, "idle");
  REQUIRE(world.run_until([&] {
    return std::ranges::all_of(names, [&](auto& name) { return is_registered(world, name); });
  }));
  const auto call_only = [&] {
    (void)idle.ask(sha256(as_bytes("none")));  // heard, and refused: it is calling
    return false;
  };
  std::vector<Digest> jobs;
  for (const std::string& name : names) {
    const Result<Digest> job = world.order(world.gemm_order(), name);
    REQUIRE(job.ok());
    jobs.push_back(job.value());
  }
  world.run_until(call_only, 30'000);
  CHECK(metric(world, "assay_replay_backlog") == 45);
  CHECK(metric(world, "assay_replay_oldest_seconds") >= 20);
  const wire::Json ready = world.service->readiness();
  CHECK(ready.find("ready")->as_bool());
  CHECK(ready.dump().find("45 waiting") != std::string::npos);
  const auto p_of = [&](const Digest& job) {
    const auto txn = world.store->read();
    const reputation::View view(*txn.value());
    return view.attestation(*view.job(job).value()->attestation_index).value()->p_ppm;
  };
  for (const Digest& job : jobs) {
    CHECK(world.job_status(job) == "attested");
    CHECK(p_of(job) == 1'000'000);  // first jobs: as it would be with nobody waiting
  }
  // The same jobs one by one, with nothing waiting, are audited no more and no less.
  World calm;
  calm.add_provider("alice");
  REQUIRE(calm.run_until([&] { return is_registered(calm, "alice"); }));
  for (int i = 0; i < 3; ++i) {
    const Result<Digest> job = calm.order(calm.gemm_order());
    REQUIRE(calm.run_until([&] { return calm.is_over(job.value()); }));
  }
  CHECK(world.run_until([&] {
    for (const Digest& job : jobs) {
      if (!world.is_over(job)) return false;
    }
    return true;
  }));
  for (const Digest& job : jobs) CHECK(world.job_status(job) == "settled");
  CHECK(world.check_everything().ok());
}

}  // namespace assay::test
