// Disputes through the whole system: a service, agents with journals, a challenger, one log. The
// jobs are those that no audit met, so that whoever is caught is caught by the challenger.
#include "tests/catch.h"
#include "tests/sim/challenger.h"
#include "tests/sim/workload_orders.h"
#include "verifier/evidence.h"

namespace assay::test {
namespace {

using prover::Cheat;

struct Scene {
  Spared kept;
  World& world;
  Digest job;

  Scene(const std::function<wire::Order(World&)>& make, const std::function<Cheat()>& cheat)
      : kept(spared("prover", cheat, make)), world(*kept.world), job(kept.job) {}
};

struct NamedOrder {
  const char* name;
  std::function<wire::Order(World&)> make;
  prover::Misbehave cheat;
};

const std::vector<NamedOrder>& orders() {
  using enum prover::Misbehave;
  static const std::vector<NamedOrder> all{
      {"gemm", [](World& world) { return world.gemm_order(); }, zero_state},
      {"render", [](World& world) { return world.render_order(); }, fewer_samples},
      {"texts", [](World& world) { return text_order(world, true); }, four_bit_weights},
      {"training", [](World& world) { return train_order(world, 8); }, repeat_one_step},
      {"lattice", lattice_order, fewer_time_steps},
      {"bodies", bodies_order, skip_one_step},
  };
  return all;
}

std::function<Cheat()> playing(prover::Misbehave kind,
                               const std::function<void(Cheat&)>& more = {}) {
  return [kind, more] {
    Cheat cheat = prover::make_cheat(kind);
    if (more) more(cheat);
    return cheat;
  };
}

bool play_out(Scene& scene, Challenger& challenger, std::uint64_t dispute) {
  return scene.world.run_until(
      [&] {
        challenger.move(dispute);
        return !challenger.text(dispute, "lost").empty();
      },
      60'000);
}

void check_world(World& world) {
  const Status sound = world.check_everything();
  CHECK((sound.ok() ? "" : sound.error().what) == "");
}

// What a side does that is not honest, or not there.
void play_honestly(Scene& scene, Challenger& challenger, std::uint64_t dispute) {
  play_out(scene, challenger, dispute);
}

// Its agent is killed after every move of the challenger's, and away for a while.
void provider_dies(Scene& scene, Challenger& challenger, std::uint64_t dispute) {
  for (int turn = 0; turn < 40 && challenger.text(dispute, "lost").empty(); ++turn) {
    challenger.move(dispute);
    scene.world.drop_agent("prover");
    scene.world.run_for(300);
    scene.world.restart_agent("prover");
    scene.world.run_for(300);
  }
}

// Every move is made by another process, which knows the dispute's number and nothing else.
void challenger_dies(Scene& scene, Challenger&, std::uint64_t dispute) {
  for (int turn = 0; turn < 40; ++turn) {
    Challenger anew(scene.world, scene.job);
    anew.move(dispute);
    if (!anew.text(dispute, "lost").empty()) return;
    scene.world.run_for(300);
  }
}

void challenger_is_silent(Scene& scene, Challenger& challenger, std::uint64_t dispute) {
  scene.world.run_until([&] { return !challenger.text(dispute, "lost").empty(); }, 60'000);
}

// It takes what it comes across for wrong, down to an element that any CPU gives.
void challenger_lies(Scene& scene, Challenger& challenger, std::uint64_t dispute) {
  const auto answered = [&] {
    return scene.world.run_until([&] { return challenger.text(dispute, "turn") == "challenger"; });
  };
  REQUIRE(answered());
  REQUIRE(challenger.say(dispute, {wire::MoveKind::operation, 0, {}}).ok());
  REQUIRE(answered());
  while (challenger.replayed(dispute)->dispute().data().empty()) {
    REQUIRE(challenger.say(dispute, {wire::MoveKind::child, 0, {}}).ok());
    REQUIRE(answered());
  }
  const std::unique_ptr<compute::DisputeCase> state = challenger.replayed(dispute);
  const auto last = static_cast<std::uint8_t>(state->dispute().data().size() - 1);
  const Bytes opened = challenger.opened(*state, last, 0);
  REQUIRE(challenger.say(dispute, {wire::MoveKind::conviction, 0, sha256(opened)}, opened).ok());
}

struct Fault {
  const char* name;
  bool provider_lied;
  bool provider_answers;
  void (*play)(Scene& scene, Challenger& challenger, std::uint64_t dispute);
  const char* cause;  // and it is the provider who loses if it lied
};

const Fault kFaults[] = {
    {"the provider lies", true, true, play_honestly, "convicted"},
    {"the provider is silent", true, false, play_honestly, "silent"},
    {"the provider crashes and goes on", true, true, provider_dies, "convicted"},
    {"the challenger lies", false, true, challenger_lies, "acquitted"},
    {"the challenger is silent", false, true, challenger_is_silent, "silent"},
    {"the challenger crashes and goes on", true, true, challenger_dies, "convicted"},
};

std::function<Cheat()> provider_of(const NamedOrder& order, const Fault& fault) {
  if (!fault.provider_lied) return {};
  return playing(order.cheat, [&fault](Cheat& cheat) { cheat.disputes = fault.provider_answers; });
}

TEST_CASE("of every workload, whoever lies or is silent loses, and a crash costs nobody anything") {
  for (const NamedOrder& order : orders()) {
    for (const Fault& fault : kFaults) {
      INFO(order.name << ": " << fault.name);
      Scene scene(order.make, provider_of(order, fault));
      Challenger challenger(scene.world, scene.job);
      REQUIRE(challenger.departs().has_value() == fault.provider_lied);
      const Result<std::uint64_t> opened =
          challenger.open(challenger.departs().value_or(challenger.steps()));
      INFO((opened.ok() ? "" : opened.error().what));
      REQUIRE(opened.ok());
      const std::uint64_t dispute = opened.value();
      CHECK(challenger.text(dispute, "deposit") == "held");
      fault.play(scene, challenger, dispute);

      const bool lied = fault.provider_lied;
      CHECK(challenger.text(dispute, "lost") == (lied ? "provider" : "challenger"));
      CHECK(challenger.text(dispute, "cause") == fault.cause);
      CHECK(challenger.answers(dispute) <= compute::kAnswersMax);
      // Who pays: the provider with its slash, or the challenger with its deposit.
      CHECK(challenger.text(dispute, "deposit") == (lied ? "returned" : "forfeited"));
      CHECK(challenger.text(dispute, "deposit_micros") == "1000000");
      CHECK(scene.world.slashes_of("prover") == (lied ? 1 : 0));
      CHECK(scene.world.job_status(scene.job) == (lied ? "failed" : "settled"));
      if (lied) CHECK(scene.world.trust_ppm("prover") == 0);
      check_world(scene.world);
    }
  }
}

TEST_CASE("a provider that falls silent loses, once its heartbeat has signed for the question") {
  Scene scene(orders()[0].make,
              playing(orders()[0].cheat, [](Cheat& cheat) { cheat.disputes = false; }));
  Challenger challenger(scene.world, scene.job);
  const std::uint64_t dispute = challenger.open(*challenger.departs()).value();
  scene.world.drop_agent("prover");
  CHECK_FALSE(play_out(scene, challenger, dispute));  // away is not silent
  scene.world.restart_agent("prover");
  REQUIRE(play_out(scene, challenger, dispute));
  CHECK(challenger.text(dispute, "lost") == "provider");
  CHECK(challenger.text(dispute, "cause") == "silent");
  CHECK(scene.world.slashes_of("prover") == 1);
  check_world(scene.world);
}

TEST_CASE("a challenger without a case loses its deposit, by conviction or by silence") {
  Scene scene(orders()[0].make, {});
  Challenger challenger(scene.world, scene.job);
  CHECK_FALSE(challenger.departs().has_value());
  CHECK(challenger.open(4, 1).error().code == Code::conflict);  // less than the job's price
  const std::uint64_t silent = challenger.open(4).value();
  CHECK(challenger.open(5).error().code == Code::conflict);  // one at a time
  REQUIRE(play_out(scene, challenger, silent));
  CHECK(challenger.text(silent, "lost") == "challenger");
  CHECK(challenger.text(silent, "cause") == "silent");

  const std::uint64_t wrong = challenger.open(5).value();
  const auto answered = [&] {
    return scene.world.run_until([&] { return challenger.text(wrong, "turn") == "challenger"; });
  };
  REQUIRE(answered());
  REQUIRE(challenger.say(wrong, {wire::MoveKind::operation, 1, {}}).ok());
  REQUIRE(answered());
  while (challenger.replayed(wrong)->dispute().data().empty()) {
    REQUIRE(challenger.say(wrong, {wire::MoveKind::child, 0, {}}).ok());
    REQUIRE(answered());
  }
  const Bytes nothing = compute::conviction_file({1, 0, {}});
  CHECK(challenger.say(wrong, {wire::MoveKind::conviction, 0, sha256(nothing)}, nothing)
            .error()
            .code == Code::no_evidence);
  const std::unique_ptr<compute::DisputeCase> state = challenger.replayed(wrong);
  Challenger again(scene.world, scene.job, 5);
  const Bytes opened = again.opened(*state, 1, 0);
  REQUIRE(challenger.say(wrong, {wire::MoveKind::conviction, 0, sha256(opened)}, opened).ok());
  CHECK(challenger.text(wrong, "lost") == "challenger");
  CHECK(challenger.text(wrong, "cause") == "acquitted");
  CHECK(challenger.text(wrong, "deposit_micros") == "1000000");
  CHECK(scene.world.slashes_of("prover") == 0);
  CHECK(scene.world.job_status(scene.job) == "settled");
  check_world(scene.world);
}

TEST_CASE("either side and the service may die at every move, and the dispute goes on") {
  Scene scene(orders()[0].make, playing(orders()[0].cheat));
  std::optional<std::uint64_t> dispute;
  for (int turn = 0; turn < 200; ++turn) {
    Challenger challenger(scene.world, scene.job);  // with nothing but the dispute's number
    if (!dispute) dispute = challenger.open(*challenger.departs()).value();
    challenger.move(*dispute);
    if (!challenger.text(*dispute, "lost").empty()) break;
    if (turn % 3 == 0) scene.world.restart_agent("prover");
    if (turn % 4 == 0) scene.world.restart_service();
    scene.world.run_for(400);
  }
  Challenger challenger(scene.world, scene.job);
  CHECK(challenger.text(*dispute, "lost") == "provider");
  CHECK(scene.world.slashes_of("prover") == 1);
  check_world(scene.world);
}

TEST_CASE("a job of 4,096 steps comes down to one operation in at most eight answers") {
  const auto make = [](World& world) {
    wire::Order order = world.gemm_order(3, 40, 4096);
    order.deadline_ms = 300'000;
    return order;
  };
  Scene scene(make, playing(prover::Misbehave::zero_state));
  Challenger challenger(scene.world, scene.job);
  const std::uint64_t dispute = challenger.open(*challenger.departs()).value();
  REQUIRE(play_out(scene, challenger, dispute));
  CHECK(challenger.text(dispute, "lost") == "provider");
  CHECK(challenger.answers(dispute) <= compute::kAnswersMax);
}

TEST_CASE("the proof of a dispute is checked again by anybody") {
  Scene scene(orders()[0].make, playing(orders()[0].cheat));
  Challenger challenger(scene.world, scene.job);
  const std::uint64_t dispute = challenger.open(*challenger.departs()).value();
  REQUIRE(play_out(scene, challenger, dispute));
  const wire::Json slashes = scene.world.service->slashes({}).value();
  const std::string id = slashes.find("slashes")->items().at(0).find("id")->as_string();
  const std::string file = scene.world.service->evidence(id).value();
  const wire::Trust trust = wire::parse_trust(scene.world.service->trust().value()).value();
  const compute::Engine engine;
  const verifier::AuditOptions options{.trust = trust,
                                       .engine = engine,
                                       .random = scene.world.random,
                                       .inputs = {},
                                       .result = {},
                                       .replay = 0,
                                       .sources = {},
                                       .require_audit = false,
                                       .known_head = {},
                                       .max_age_ms = {},
                                       .now = scene.world.clock.unix_now(),
                                       .caps = {}};
  const verifier::EvidenceReport report = verifier::check_evidence(file, options);
  INFO((report.failure ? report.failure->what : ""));
  CHECK(report.fraud_shown());
  CHECK(report.exit_code() == static_cast<int>(Code::mismatch));
  CHECK(report.faulty_step == challenger.departs());
  for (const std::size_t at : {file.size() / 4, file.size() / 2, file.size() * 3 / 4}) {
    std::string bad = file;
    bad[at] = bad[at] == 'A' ? 'B' : 'A';
    CHECK_FALSE(verifier::check_evidence(bad, options).fraud_shown());
  }
}

}  // namespace
}  // namespace assay::test
