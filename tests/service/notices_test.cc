// What providers are told, and when: every penalty within five seconds, with its reason, its
// evidence, its cost and how to contest it; warnings before any penalty but proven fraud.
#include "tests/catch.h"
#include "tests/service/wronged.h"

namespace assay::test {
namespace {

using prover::HeardNotice;
using prover::Misbehave;

constexpr std::int64_t kAtMostMs = 5'000;

// Polls as a real network's would come: every ten seconds.
wire::Policy slow_polls() {
  wire::Policy policy = policy_with_stake();
  policy.poll_ms = 10'000;
  policy.probe_grace_ms = 30'000;  // who polls slowly answers his probes all the same
  policy.opening_deadline_ms = 12'000;
  policy.accept_within_ms = 20'000;
  return policy;
}

UnixMillis leaf_time(World& world, std::uint64_t index) {
  const auto txn = world.store->read();
  return reputation::View(*txn.value()).log(index + 1).leaf(index).value().time;
}

void check_says(const HeardNotice& notice, const std::vector<std::string>& parts) {
  INFO(notice.notice.detail);
  for (const std::string& part : parts) {
    INFO("says: " << part);
    CHECK(notice.notice.detail.find(part) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("every penalty reaches the provider's poll within five seconds, with all it must know") {
  const struct {
    const char* name;
    std::optional<Misbehave> cheat;
    int lies;
    const char* fault;
  } rows[] = {{"a framed provider", {}, 1, "wrong-result"},
              {"a cheat", Misbehave::skip_steps, 0, "wrong-result"},
              {"one that opens nothing", Misbehave::withhold_when_sampled, 0, "withheld"},
              {"one that says two things", Misbehave::equivocate, 0, "equivocation"}};
  for (const auto& row : rows) {
    INFO(row.name);
    World world({.seed = 8,
                 .policy = slow_polls(),
                 .replay = lying_runner(row.lies, slow_polls()),
                 .start_service = true});
    world.add_provider("p", row.cheat);
    REQUIRE(world.run_until([&] { return is_registered(world, "p"); }));
    bond(world, "p", 10'000'000);
    REQUIRE(world.order(world.gemm_order()).ok());
    REQUIRE(world.run_until([&] { return world.slashes_of("p") > 0; }, 600'000));
    const std::string id = slash_of(world, "p");
    REQUIRE(world.run_until([&] { return !heard(world, "p", "slash").empty(); }, 60'000));
    const HeardNotice told = heard(world, "p", "slash").front();
    const std::uint64_t leaf = wire::parse_u64(id).value();
    CHECK(told.notice.log_index == leaf);
    CHECK(told.heard - leaf_time(world, leaf) <= kAtMostMs);
    const bool covered = std::string(row.fault) != "equivocation";  // that took all there was
    check_says(told, {row.fault, slash_text(world, id, "logged"), "Trust 0 ppm, without it ",
                      "micros of stake are held", "Evidence: /v1/slashes/" + id, "Reason: ",
                      covered ? "assay slash appeal " + id + " --key FILE (deposit "
                              : "the deposit of 1000000 micros is not covered",
                      covered ? slash_text(world, id, "finality") : "No appeal"});
    // And what became of it.
    if (!covered) continue;
    REQUIRE(appeal(world, "p", id).ok());
    const char* kind = row.cheat ? "ruling" : "reversal";
    REQUIRE(world.run_until([&] { return !heard(world, "p", kind).empty(); }, 5'000'000));
    const HeardNotice end = heard(world, "p", kind).front();
    CHECK(end.heard - leaf_time(world, end.notice.log_index) <= kAtMostMs);
    check_says(end, {row.cheat ? "is UPHELD" : "is OVERTURNED",
                     row.cheat ? "the deposit of " : "are given back and the deposit of "});
    CHECK(heard(world, "p", "slash").size() == 1);  // said until it was heard, shown once
  }
}

TEST_CASE("a warning comes with every asking that lapses, before the penalty") {
  World world({.seed = 9, .policy = slow_polls(), .replay = {}, .start_service = true});
  world.add_provider("silent", Misbehave::withhold_when_sampled);
  REQUIRE(world.run_until([&] { return is_registered(world, "silent"); }));
  bond(world, "silent", 10'000'000);
  REQUIRE(world.order(world.gemm_order()).ok());
  REQUIRE(world.run_until([&] { return !heard(world, "silent", "slash").empty(); }, 600'000));
  const std::vector<HeardNotice> warnings = heard(world, "silent", "warning");
  REQUIRE(warnings.size() == 2);  // of three askings
  check_says(warnings[0], {"asking 1 of 3", "slashed like a wrong result", "severity 1000000 ppm",
                           "nothing of this counts against you"});
  check_says(warnings[1], {"asking 2 of 3"});
  CHECK(warnings[1].heard < heard(world, "silent", "slash").front().heard);
}

TEST_CASE(
    "a job's deadline is warned of when a quarter of its time is left, and told when missed") {
  World world({.seed = 10, .policy = slow_polls(), .replay = {}, .start_service = true});
  world.add_provider("idle", Misbehave::never_attest);
  REQUIRE(world.run_until([&] { return is_registered(world, "idle"); }));
  bond(world, "idle", 10'000'000);
  wire::Order order = world.gemm_order();
  order.deadline_ms = 40'000;
  const Digest job = world.order(order).value();
  REQUIRE(world.run_until([&] { return !heard(world, "idle", "timeout").empty(); }, 120'000));
  const HeardNotice timeout = heard(world, "idle", "timeout").front();
  CHECK(timeout.heard - leaf_time(world, timeout.notice.log_index) <= kAtMostMs);
  check_says(timeout, {job.hex(), "counts as a soft failure", "audited four times as often"});
  const std::vector<HeardNotice> warnings = heard(world, "idle", "warning");
  REQUIRE(warnings.size() == 1);
  check_says(warnings.front(), {job.hex(), "must be attested by"});
  CHECK(timeout.heard - warnings.front().heard >= 5'000);
}

TEST_CASE("a notice is said until a heartbeat has signed for it, and again after a restart") {
  World world({.seed = 11, .policy = slow_polls(), .replay = {}, .start_service = true});
  world.add_provider("lazy", Misbehave::skip_steps);
  REQUIRE(world.run_until([&] { return is_registered(world, "lazy"); }));
  bond(world, "lazy", 10'000'000);
  REQUIRE(world.order(world.gemm_order()).ok());
  (void)slash_of(world, "lazy");
  // Nobody has heard of it yet: the service dies, and the ledger knows.
  REQUIRE(heard(world, "lazy", "slash").empty());
  world.restart_service();
  REQUIRE(world.run_until([&] { return !heard(world, "lazy", "slash").empty(); }, 60'000));
  // The agent's memory goes, its journal stays: it is not shown again.
  world.restart_service();
  world.run_for(30'000);
  CHECK(heard(world, "lazy", "slash").size() == 1);
}

}  // namespace assay::test
