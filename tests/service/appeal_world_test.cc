// Appeals through the whole system: a service, agents with journals, one log. Somebody honest who
// was framed is restored to the last digit; a cheat loses the deposit too; what fails on our side
// is never held against anybody.
#include <algorithm>

#include "tests/catch.h"
#include "tests/service/flaky.h"
#include "tests/service/wronged.h"
#include "tests/sim/challenger.h"
#include "tests/sim/workload_orders.h"
#include "verifier/audit.h"
#include "verifier/service/webhooks.h"

namespace assay::test {
namespace {

using prover::Misbehave;

constexpr std::uint64_t kDollar = 1'000'000;
constexpr std::uint64_t kBond = 10 * kDollar;

void check_world(World& world) {
  const Status sound = world.check_everything();
  CHECK((sound.ok() ? "" : sound.error().what) == "");
}

void check_ended(World& world, const std::string& id, const std::string& phase) {
  INFO("slash " << id << " is " << slash_text(world, id, "status"));
  REQUIRE(world.run_until([&] { return slash_text(world, id, "status") == phase; }, 900'000));
}

// Somebody with a bond, who works under a runner that may lie.
struct Framed {
  World world;
  Digest job;

  explicit Framed(int lies, const std::function<wire::Order(World&)>& make = {})
      : world({.seed = 3,
               .policy = policy_with_stake(),
               .replay = lying_runner(lies, policy_with_stake()),
               .start_service = true}) {
    world.add_provider("alice");
    REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
    bond(world, "alice", kBond);
    job = world.order(make ? make(world) : world.gemm_order()).value();
  }
  reputation::StakeState stake() {
    return reputation::View(*world.store->read().value())
        .stake(reputation::provider_id(world.key_of("alice")))
        .value();
  }
};

std::vector<std::string> replays_of(World& world, const std::string& id) {
  const std::uint64_t ruling = wire::parse_u64(slash_text(world, id, "ruling_index")).value();
  const auto txn = world.store->read();
  const wire::LogLeaf leaf = reputation::View(*txn.value()).log(ruling + 1).leaf(ruling).value();
  const wire::Ruling said = wire::parse_ruling(leaf.payload).value();
  std::vector<std::string> out;
  for (const wire::AppealReplay& each : said.replays) {
    out.push_back(each.device + " " + std::string(wire::outcome_name(each.outcome)));
  }
  return out;
}

// The renter's receipt is good: what is said last about the job is that it was found right.
void check_receipt(World& world, const Digest& job) {
  const std::string receipt = world.service->receipt(job.hex()).value();
  const wire::Trust trust = wire::parse_trust(world.service->trust().value()).value();
  const compute::Engine engine;
  const verifier::AuditReport report =
      verifier::audit_receipt(receipt, {.trust = trust,
                                        .engine = engine,
                                        .random = world.random,
                                        .inputs = world.service->context().inputs(),
                                        .result = {},
                                        .replay = 0,
                                        .sources = {},
                                        .require_audit = true,
                                        .known_head = {},
                                        .max_age_ms = {},
                                        .now = world.clock.unix_now(),
                                        .caps = {}});
  INFO((report.failure ? report.failure->what : ""));
  CHECK(report.exit_code() == 0);
  CHECK_FALSE(report.facts.slash.has_value());
}

// The types of the messages that one who subscribes to the whole log hears, in order.
std::vector<std::string> told_by_webhook(World& world) {
  struct Forgetful final : verifier::WebhookPlace {
    Result<std::optional<std::uint64_t>> load() override { return std::optional<std::uint64_t>(); }
    Status save(std::uint64_t) override { return {}; }
  };
  std::vector<std::string> types;
  const auto webhooks = verifier::Webhooks::open(
      world.service->context(), SigningKey::from_seed(sha256(as_bytes("webhook")).view()).value(),
      [&](const wire::WebhookHeaders&, const std::string& body) {
        types.push_back(wire::parse_json(body).value().find("type")->as_string());
        return Result<int>(204);
      },
      std::make_unique<Forgetful>(), 0, [](const std::string&) {});
  REQUIRE(webhooks.ok());
  while (webhooks.value()->step()) {
  }
  return types;
}

using Types = std::vector<std::string>;

}  // namespace

TEST_CASE("somebody framed appeals, and stands exactly where somebody honest stands") {
  const struct {
    const char* name;
    int lies;  // of the service's runner
    std::function<wire::Order(World&)> make;
  } rows[] = {
      {"a chain, one lie", 1, {}},
      {"a chain, and the runner lies for ever", 1'000, {}},
      {"units, one lie", 1, [](World& world) { return world.render_order(); }},
      {"texts, one lie", 1, [](World& world) { return text_order(world, true); }},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    Framed honest(0, row.make);
    REQUIRE(honest.world.run_until([&] { return honest.world.is_over(honest.job); }));
    const Standing clean = standing(honest.world, "alice");
    REQUIRE(clean.passes == 1);

    Framed framed(row.lies, row.make);
    World& world = framed.world;
    const std::string id = slash_of(world, "alice");
    CHECK(slash_text(world, id, "status") == "PENDING");
    CHECK(world.job_status(framed.job) == "failed");
    CHECK(world.trust_ppm("alice") == 0);
    CHECK(framed.stake().bonded() == kBond - 2 * kDollar);
    const Result<api::Accepted> logged = appeal(world, "alice", id);
    REQUIRE(logged.ok());
    CHECK(framed.stake().locked_micros == kDollar / 5);
    CHECK(slash_text(world, id, "status") == "APPEALED");
    check_ended(world, id, "OVERTURNED");
    REQUIRE(world.run_until([&] { return world.job_status(framed.job) == "settled"; }));

    CHECK(standing(world, "alice") == clean);
    CHECK(told_by_webhook(world) == Types{"slash.pending", "slash.appealed", "slash.reversed"});
    CHECK(framed.stake().bonded() == kBond);
    CHECK(framed.stake().locked_micros == 0);
    CHECK(framed.stake().slashed_micros == 0);
    // As soon as there is an uptime window.
    CHECK(world.run_until([&] { return world.trust_ppm("alice") > 0; }));
    const std::vector<std::string> replays = replays_of(world, id);
    CHECK(replays.size() >= reputation::kAppealReplays);
    CHECK(std::ranges::count(replays, "cpu/scalar match") >= 1);
    CHECK(std::ranges::count(replays, "cpu/scalar mismatch") == 0);
    check_world(world);
    check_receipt(world, framed.job);
  }
}

TEST_CASE("a cheat who appeals loses the deposit, and the slash is final at once") {
  for (const Misbehave cheat : {Misbehave::skip_steps, Misbehave::fewer_samples}) {
    const bool units = cheat == Misbehave::fewer_samples;
    World world({.seed = 4, .policy = policy_with_stake(), .replay = {}, .start_service = true});
    world.add_provider("lazy", cheat);
    REQUIRE(world.run_until([&] { return is_registered(world, "lazy"); }));
    bond(world, "lazy", kBond);
    REQUIRE(world.order(units ? world.render_order() : world.gemm_order()).ok());
    const std::string id = slash_of(world, "lazy");
    REQUIRE(appeal(world, "lazy", id).ok());
    check_ended(world, id, "UPHELD");
    CHECK(slash_text(world, id, "effect.deposit") == "lost");
    CHECK(slash_text(world, id, "effect.stake") == "taken");
    CHECK(told_by_webhook(world) == Types{"slash.pending", "slash.appealed", "slash.upheld"});
    const reputation::StakeState stake = reputation::View(*world.store->read().value())
                                             .stake(reputation::provider_id(world.key_of("lazy")))
                                             .value();
    CHECK(stake.bonded() == kBond - 2 * kDollar - kDollar / 5);
    CHECK(stake.slashed_micros == 2 * kDollar + kDollar / 5);
    CHECK(stake.locked_micros == 0);
    CHECK(world.trust_ppm("lazy") == 0);
    const std::vector<std::string> replays = replays_of(world, id);
    CHECK(replays.size() >= reputation::kAppealReplays);
    CHECK(std::ranges::count(replays, "cpu/scalar mismatch") >= 1);
    const Result<api::Accepted> again = appeal(world, "lazy", id);
    REQUIRE_FALSE(again.ok());
    CHECK(again.error().what.find("appealed already") != std::string::npos);
    check_world(world);
  }
}

TEST_CASE("an appeal is decided though the service is killed at every turn") {
  Framed framed(1);
  World& world = framed.world;
  const std::string id = slash_of(world, "alice");
  REQUIRE(appeal(world, "alice", id).ok());
  for (int turn = 0; turn < 200 && slash_text(world, id, "status") != "OVERTURNED"; ++turn) {
    world.restart_service();
    world.service->tick();
    if (turn % 3 == 2) (void)world.service->run_replay();
    world.clock.advance(25);
  }
  CHECK(slash_text(world, id, "status") == "OVERTURNED");
  REQUIRE(world.run_until([&] { return world.job_status(framed.job) == "settled"; }));
  check_world(world);
}

TEST_CASE("what we cannot look at again is undecided, which costs nobody") {
  Trouble trouble;
  wire::Policy policy = policy_with_stake();
  policy.job_deadline_max_ms = 40'000;
  World world(
      {.seed = 5, .policy = policy, .replay = lying_runner(1, policy), .start_service = false});
  world.blobs = make_flaky_blobs(trouble);
  world.restart_service();
  world.add_provider("alice");
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  bond(world, "alice", kBond);
  const Digest job = world.order(world.gemm_order()).value();
  const std::string id = slash_of(world, "alice");
  REQUIRE(appeal(world, "alice", id).ok());
  trouble.blobs_unreadable = true;
  check_ended(world, id, "DRAWN");
  CHECK(slash_text(world, id, "effect.deposit") == "returned");
  CHECK(standing(world, "alice").proven == 0);
  CHECK(standing(world, "alice").audited == 0);
  trouble.blobs_unreadable = false;
  // The audit is open again, and comes out right.
  REQUIRE(world.run_until([&] { return world.job_status(job) == "settled"; }));
  check_receipt(world, job);
  CHECK(standing(world, "alice").passed == 1);
  check_world(world);
}

TEST_CASE("an appeal that nobody was there to decide expires, which costs nobody") {
  Framed framed(1);
  World& world = framed.world;
  const std::string id = slash_of(world, "alice");
  REQUIRE(appeal(world, "alice", id).ok());
  world.stop_service();
  world.clock.advance(
      static_cast<std::int64_t>(reputation::appeal_window_ms(policy_with_stake()) + 1'000));
  world.restart_service();
  CHECK(slash_text(world, id, "status") == "EXPIRED");
  REQUIRE(world.run_until([&] { return !slash_text(world, id, "reversal_index").empty(); }));
  CHECK(slash_text(world, id, "status") == "EXPIRED");
  CHECK(framed.stake().bonded() == kBond);
  REQUIRE(world.run_until([&] { return world.job_status(framed.job) == "settled"; }));
  check_world(world);
}

TEST_CASE(
    "withheld openings: late delivery ends an appeal at no cost, else it is refuted in form") {
  const bool delivers = GENERATE(true, false);
  wire::Policy policy = policy_with_stake();
  policy.finality_ms = 30'000;
  World world({.seed = 6, .policy = policy, .replay = {}, .start_service = true});
  world.add_provider("silent", Misbehave::withhold_when_sampled);
  REQUIRE(world.run_until([&] { return is_registered(world, "silent"); }));
  bond(world, "silent", kBond);
  const Digest job = world.order(world.gemm_order()).value();
  const std::string id = slash_of(world, "silent");
  REQUIRE(appeal(world, "silent", id).ok());
  world.run_for(5'000);
  CHECK(slash_text(world, id, "status") == "APPEALED");  // there is time to deliver until finality
  if (delivers) {
    world.add_provider("silent");  // it thinks better of it
    REQUIRE(world.run_until([&] { return world.job_status(job) == "settled"; }));
    CHECK(slash_text(world, id, "status") == "OVERTURNED");
    CHECK(slash_text(world, id, "effect.deposit") == "returned");
    CHECK(standing(world, "silent").slashes == 0);
  } else {
    check_ended(world, id, "UPHELD");
    CHECK(slash_text(world, id, "effect.deposit") == "lost");
    CHECK(replays_of(world, id) == std::vector<std::string>{"signatures unavailable"});
  }
  check_world(world);
}

TEST_CASE("two attestations: an appeal looks at the two signatures, and at nothing else") {
  World world;
  world.add_provider("double", Misbehave::equivocate);
  REQUIRE(world.run_until([&] { return is_registered(world, "double"); }));
  REQUIRE(world.order(world.gemm_order()).ok());
  const std::string id = slash_of(world, "double");
  CHECK(slash_text(world, id, "fault") == "equivocation");
  REQUIRE(appeal(world, "double", id).ok());
  check_ended(world, id, "UPHELD");
  CHECK(replays_of(world, id) == std::vector<std::string>{"signatures mismatch"});
  check_world(world);
}

TEST_CASE("a lost dispute: an appeal replays its moves") {
  const Spared kept = spared(
      "prover", [] { return prover::make_cheat(Misbehave::zero_state); },
      [](World& world) { return world.gemm_order(); });
  World& world = *kept.world;
  Challenger challenger(world, kept.job);
  const std::uint64_t dispute = challenger.open(*challenger.departs()).value();
  REQUIRE(world.run_until([&] {
    challenger.move(dispute);
    return world.slashes_of("prover") > 0;
  }));
  const std::string id = slash_of(world, "prover");
  REQUIRE(appeal(world, "prover", id).ok());
  check_ended(world, id, "UPHELD");
  CHECK(replays_of(world, id) == std::vector<std::string>{"cpu/scalar mismatch"});
  check_world(world);
}

}  // namespace assay::test
