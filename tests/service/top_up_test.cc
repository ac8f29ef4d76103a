// Orders of the verifier's own: enough to judge everybody by, never more than their budget, and
// none that a provider could tell from a stranger's.
#include "verifier/service/top_up.h"

#include <algorithm>
#include <set>

#include "tests/catch.h"
#include "tests/service/standing.h"
#include "tests/sim/elsewhere.h"

namespace assay::test {
namespace {

using verifier::is_top_up_due;

constexpr std::int64_t kHourMs = 3'600'000;

struct Ordered {
  std::set<PublicKey> renters;
  std::set<std::string> workloads;
  std::vector<Digest> scenes;  // of the pictures
  std::uint64_t spent = 0;
  std::size_t cancelled = 0;
  std::map<Digest, std::uint64_t> audits_ppm;  // by provider
};

// What is in the log that the test did not order.
Ordered ordered(World& world) {
  Ordered out;
  const auto txn = world.store->read();
  const reputation::View view(*txn.value());
  (void)view.each_job([&](const Digest&, const reputation::JobState& row) {
    if (row.renter == world.renter().public_key()) return true;
    out.renters.insert(row.renter);
    out.workloads.insert(row.class_name);
    const auto leaf = view.log(view.head().value().size).leaf(row.order_index);
    const wire::Order order = wire::parse_order(leaf.value().payload).value();
    for (const wire::Input& input : order.spec.inputs) out.scenes.push_back(input.sha256);
    out.spent += row.price_micros;
    out.cancelled += row.status == reputation::JobStatus::cancelled ? 1 : 0;
    return true;
  });
  (void)view.each_attestation(0, [&](std::uint64_t, const reputation::AttestationState& row) {
    out.audits_ppm[reputation::provider_id(row.provider)] += row.p_ppm;
    return true;
  });
  return out;
}

wire::Policy policy() {
  wire::Policy policy = wire::demo_policy();
  policy.first_jobs = 0;  // audited with one half from the start
  return policy;
}

WorldOptions with_budget(std::uint64_t jobs) {
  WorldOptions options;
  options.policy = policy();
  options.top_up.budget_micros = jobs * options.policy.reference_value_micros;
  return options;
}

}  // namespace

TEST_CASE("Top-up: one job more is due while audits are too few and the budget holds") {
  const struct {
    const char* name;
    verifier::TopUpCase it;
    bool due;
  } rows[] = {
      {"none yet", {0, 2, 0, 10, 1}, true},
      {"less than two expected", {1'999'999, 2, 0, 10, 1}, true},
      {"two expected", {2'000'000, 2, 0, 10, 1}, false},
      {"the budget is spent", {0, 2, 10, 10, 1}, false},
      {"the last of it", {0, 2, 9, 10, 1}, true},
      {"too little is left", {0, 2, 9, 10, 2}, false},
      {"dearer than the budget", {0, 2, 0, 1, 2}, false},
      {"no budget", {0, 2, 0, 0, 1}, false},
      {"more was spent than there is now", {0, 2, 11, 10, 1}, false},
      {"nobody wants audits", {0, 0, 0, 10, 1}, false},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    CHECK(is_top_up_due(row.it) == row.due);
  }
}

TEST_CASE("Top-up: every provider that is there gets two audits a day, from renters unknown") {
  World world(with_budget(100));
  for (const char* name : {"alice", "bob"}) world.add_provider(name);
  REQUIRE(world.run_until([&] { return is_registered(world, "bob"); }));
  const auto enough = [&] {
    const Ordered it = ordered(world);
    return it.audits_ppm.size() == 2 && std::ranges::all_of(it.audits_ppm, [](const auto& entry) {
             return entry.second >= 2'000'000;
           });
  };
  REQUIRE(world.run_until(enough, 300'000));
  world.run_for(60'000);
  const Ordered it = ordered(world);
  // Each has p = .5: four jobs, by as many renters, and then no more.
  CHECK(it.renters.size() == 8);
  CHECK(it.spent == 8 * world.service->policy().reference_value_micros);
  CHECK(it.cancelled == 0);
  REQUIRE(it.scenes.size() >= 2);
  CHECK(std::set(it.scenes.begin(), it.scenes.end()).size() == it.scenes.size());
  CHECK(it.renters.count(world.service->context().keys.verifier.public_key()) == 0);
  CHECK(metric(world, "assay_top_up_orders_total") == 8);
  CHECK(world.slashes_of("alice") == 0);
  CHECK(world.check_everything().ok());
}

TEST_CASE("Top-up: it ends with the budget, also over restarts, and goes on the day after") {
  World world(with_budget(3));
  world.add_provider("alice");
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  world.run_for(100'000);
  CHECK(ordered(world).renters.size() == 3);
  world.restart_service();
  world.run_for(60'000);
  CHECK(ordered(world).renters.size() == 3);
  CHECK(metric(world, "assay_top_up_spent_micros") ==
        3 * world.service->policy().reference_value_micros);
  world.stop_service();
  world.clock.advance(25 * kHourMs);
  world.restart_service();
  world.run_for(100'000);
  const Ordered it = ordered(world);
  CHECK(it.renters.size() == 6);
  CHECK(world.check_everything().ok());
}

TEST_CASE("Top-up: an order that its provider never takes is taken back") {
  World world(with_budget(1));
  world.add_provider("alice");
  world.run_for(30);  // it has polled once, and goes away before it is offered anything
  world.drop_agent("alice");
  REQUIRE(ordered(world).renters.size() == 1);
  world.run_for(60'000);
  CHECK(ordered(world).cancelled == 1);
  CHECK(world.check_everything().ok());
}

TEST_CASE("Top-up: who takes no orders keeps nobody else from them") {
  World world(with_budget(4));
  // It answers every poll, and every order is too large for it.
  world.add_adjusted("idle", [](prover::AgentOptions& options) { options.caps.job_ops_max = 1; });
  REQUIRE(world.run_until([&] { return is_registered(world, "idle"); }));
  world.run_for(120'000);
  const std::size_t let_pass = ordered(world).cancelled;
  CHECK(ordered(world).renters.size() == 1);
  CHECK(metric(world, "assay_top_up_spent_micros") ==
        (1 - let_pass) * world.service->policy().reference_value_micros);
  world.add_provider("alice");
  const Digest alice = sha256(world.key_of("alice").view());
  CHECK(world.run_until([&] { return ordered(world).audits_ppm[alice] >= 2'000'000; }, 300'000));
  world.restart_service();
  world.run_for(60'000);
  CHECK(ordered(world).renters.size() == 5);
  CHECK(world.check_everything().ok());
}

TEST_CASE("Top-up: nothing is ordered without a budget, or of who has audits enough") {
  World world;
  world.add_provider("alice");
  world.run_for(60'000);
  CHECK(ordered(world).renters.empty());

  World busy(with_budget(100));
  busy.add_provider("alice");
  REQUIRE(busy.run_until([&] { return is_registered(busy, "alice"); }));
  for (int i = 0; i < 5; ++i) {
    const Result<Digest> job = busy.order(busy.gemm_order());
    busy.run_until([&] { return busy.is_over(job.value()); });
  }
  const std::size_t before = ordered(busy).renters.size();
  busy.run_for(60'000);
  CHECK(ordered(busy).renters.size() == before);
}

}  // namespace assay::test
