// Workers that are suspended, and that must not be: what is void is due again at once, more is void
// when more is found out, and who was right is not blamed.
#include <algorithm>

#include "core/wire/paid_challenge.h"
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

std::vector<wire::VerdictWorker> named_for(World& world, const Digest& job) {
  const auto txn = world.store->read();
  const reputation::View view(*txn.value());
  const auto row = view.attestation(*view.job(job).value()->attestation_index).value();
  const wire::LogLeaf leaf = view.log(view.head().value().size).leaf(row->verdict_index).value();
  return wire::parse_verdict(leaf.payload).value().workers;
}

}  // namespace

TEST_CASE("what an operator makes void is due at once, and the worker's leases are others'") {
  verifier::LeaseOptions leases = first_to_workers();
  leases.lease_ms = 600'000;
  World world({.leases = leases});
  world.add_provider("alice");
  Elsewhere worker(world, "w");
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  const Result<Digest> said = world.order(world.gemm_order());
  REQUIRE(worker.work_until([&] { return world.is_over(said.value()); }));
  const Result<Digest> leased = world.order(world.gemm_order());
  REQUIRE(world.run_until([&] {
    const Result<wire::LeaseReply> reply = worker.ask();
    return reply.ok() && reply.value().lease;
  }));
  wire::Worker statement;
  statement.worker = worker.key.public_key();
  statement.name = "w";
  statement.device = "cpu";
  statement.enabled = false;
  statement.cause = "operator";
  statement.void_from = 1;
  statement.after = worker.row().changed_index;
  REQUIRE(
      world.say(world.service->context().keys.verifier, wire::worker_statement(statement)).ok());
  CHECK(worker.row().voided == 1);
  CHECK(world.job_status(said.value()) == "attested");
  CHECK(metric(world, "assay_leases") == 0);
  CHECK(world.run_until([&] {
    return world.job_status(said.value()) == "settled" &&
           world.job_status(leased.value()) == "settled";
  }));
  CHECK(named_for(world, said.value()).at(0).worker == world.service->context().own_worker);
  CHECK(standing(world, "alice").passes == 2);
  CHECK(world.check_everything().ok());
}

TEST_CASE("who is suspended already loses more when more is found out") {
  World world({.leases = first_to_workers()});
  world.add_provider("alice");
  Elsewhere worker(world, "w");
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  const Result<Digest> job = world.order(world.gemm_order());
  REQUIRE(worker.work_until([&] { return world.is_over(job.value()); }));
  const auto find_out = [&](std::uint64_t void_from) {
    verifier::LeaseTable table(*world.leases);
    verifier::WorkerRecord record = table.record(worker.key.public_key()).value();
    record.to_suspend = 1;
    record.void_from = void_from;
    REQUIRE(table.put(worker.key.public_key(), record).ok());
    world.restart_service();
    world.run_for(1'000);
    CHECK_FALSE(worker.is_enabled());
    CHECK(table.record(worker.key.public_key()).value().to_suspend == 0);
  };
  find_out(reputation::View(*world.store->read().value()).head().value().size);
  CHECK(worker.row().voided == 0);
  find_out(0);
  CHECK(worker.row().voided == 1);
  const std::uint64_t last = worker.row().changed_index;
  find_out(0);
  CHECK(worker.row().changed_index == last);  // nothing of it stands any more
  CHECK(world.run_until([&] { return world.job_status(job.value()) == "settled"; }));
  CHECK(standing(world, "alice").passes == 1);
  CHECK(world.check_everything().ok());
}

TEST_CASE("who finds what others missed is not blamed for it") {
  bool blind = true;  // at first: the service's own replays find everything right
  const ReplayRunner real = verifier::local_runner(wire::demo_policy(), {});
  World world({.replay =
                   [&](const ReplayTask& task, const compute::InputSource& inputs) {
                     ReplayAnswer answer = real(task, inputs);
                     if (!blind) return answer;
                     answer.report = {};
                     answer.report.outcome = Outcome::match;
                     answer.report.positions.assign(task.scope.positions.size(), Outcome::match);
                     answer.report.rows.assign(task.scope.rows.size(), Outcome::match);
                     answer.report.pairs.assign(task.scope.pairs.size(), Outcome::match);
                     return answer;
                   },
               .leases = first_to_workers()});
  world.add_provider("lazy", Misbehave::skip_steps);
  REQUIRE(world.run_until([&] { return is_registered(world, "lazy"); }));
  const Result<Digest> job = world.order(world.gemm_order());
  REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
  REQUIRE(world.job_status(job.value()) == "settled");
  blind = false;
  Elsewhere honest(world, "honest");
  const auto index = [&] {
    const auto txn = world.store->read();
    return *reputation::View(*txn.value()).job(job.value()).value()->attestation_index;
  }();
  const auto row =
      reputation::View(*world.store->read().value()).attestation(index).value().value();
  const wire::PaidChallenge challenge{.attestation_index = index,
                                      .attestation = row.statement,
                                      .job = job.value(),
                                      .challenger = world.renter().public_key(),
                                      .deposit_micros = 1'000'000};
  REQUIRE(world.say(world.renter(), wire::paid_challenge_statement(challenge)).ok());
  REQUIRE(honest.work_until([&] { return world.slashes_of("lazy") == 1; }));
  const auto workers = named_for(world, job.value());
  REQUIRE(std::ranges::count(workers, honest.key.public_key(), &wire::VerdictWorker::worker) == 1);
  // Canaries are made meanwhile, of what matched once.
  honest.work_until([] { return false; }, 10'000);
  CHECK(honest.is_enabled());
  CHECK(world.check_everything().ok());
}

}  // namespace assay::test
