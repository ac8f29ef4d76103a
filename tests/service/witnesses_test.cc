// The service and its witnesses: nothing is published without its quorum, everything is taken in
// without one, and a log that went back is never signed.
#include "tests/service/witnesses.h"

#include "core/wire/dsse.h"
#include "core/wire/provider.h"
#include "core/wire/receipt.h"
#include "core/wire/tile.h"
#include "core/wire/tlog_proof.h"
#include "tests/catch.h"
#include "tests/service/standing.h"
#include "tests/vectors.h"

namespace assay::test {
namespace {

using prover::Misbehave;

constexpr std::int64_t kSoonMs = 1'000;  // in which witnesses that answer have signed

// A world whose service asks witnesses.
struct Watched {
  Watched(std::size_t count, std::size_t quorum, std::uint64_t seed = 1)
      : world({.seed = seed, .policy = wire::demo_policy(), .replay = {}, .start_service = false}),
        witnesses(world.clock, count, quorum) {
    world.witnesses = witnesses.setup;
  }

  // The size of what is published, which must have its quorum; 0: nothing is.
  std::uint64_t published() {
    const Result<std::string> note = world.service->checkpoint();
    if (!note.ok()) {
      CHECK(note.error().code == Code::inconclusive);
      return 0;
    }
    const auto checked = wire::check_checkpoint(witnesses.trust, note.value());
    INFO((checked.ok() ? "" : checked.error().what));
    REQUIRE(checked.ok());
    return checked.value().checkpoint.size;
  }
  std::uint64_t is_signed() { return world.service->context().writer.checkpoint().size; }
  bool all_published() { return published() == is_signed(); }
  bool soon_all_published() {
    return world.run_until([&] { return all_published(); }, kSoonMs);
  }

  // A new leaf.
  Status add_leaf() {
    const SigningKey key =
        SigningKey::from_seed(sha256(as_bytes("leaf " + std::to_string(leaves++))).view()).value();
    wire::Registration said;
    said.provider = key.public_key();
    said.name = "p";
    said.device_class = "none";
    const auto accepted = world.say(key, wire::registration_statement(said));
    return accepted.ok() ? Status() : Status(accepted.error());
  }
  std::string readiness() {
    const wire::Json json = world.service->readiness();
    for (const wire::Json& check : json.find("checks")->items()) {
      if (check.find("name")->as_string() == "witnesses") return check.dump();
    }
    return "";
  }
  bool is_ready() { return world.service->readiness().find("ready")->as_bool(); }

  World world;
  Witnesses witnesses;
  int leaves = 0;
};

std::string why(const Status& status) {
  return status.ok() ? "" : status.error().what;
}

TEST_CASE("what is published has its quorum, its tiles and its receipts with it") {
  Watched it(3, 2);
  it.world.restart_service();
  it.world.add_provider("alice");
  REQUIRE(it.world.run_until([&] { return is_registered(it.world, "alice"); }));
  const Result<Digest> job = it.world.order(it.world.gemm_order());
  REQUIRE(job.ok());
  REQUIRE(it.world.run_until([&] { return it.world.is_over(job.value()); }));
  REQUIRE(it.soon_all_published());
  CHECK(it.world.check_everything().ok());

  const Result<std::string> text = it.world.service->receipt(job.value().hex());
  REQUIRE(text.ok());
  const wire::CaseFile file = wire::parse_case_file(text.value()).value();
  CHECK(file.entries.size() >= 7);
  for (const wire::LoggedEntry& entry : file.entries) {
    const wire::TlogProof proof = wire::parse_tlog_proof(entry.proof).value();
    CHECK(wire::check_checkpoint(it.witnesses.trust, proof.checkpoint).ok());
  }
  for (const auto& witness : it.witnesses.all) CHECK(witness->size() == it.published());

  // What a renter is given names the witnesses and the quorum.
  const wire::Trust told = wire::parse_trust(it.world.service->trust().value()).value();
  CHECK(told.witnesses == it.witnesses.trust.witnesses);
  CHECK(told.groups == it.witnesses.trust.groups);
  CHECK(told.quorum == "enough");
}

TEST_CASE("before the first quorum nothing is published, and everything is taken in") {
  Watched it(3, 2);
  it.witnesses.set_all(Mood::dead);
  it.world.restart_service();
  for (int i = 0; i < 10; ++i) CHECK(why(it.add_leaf()) == "");
  it.world.run_for(20'000);
  CHECK(it.published() == 0);
  CHECK(it.is_signed() == 11);
  const Result<std::string> refused = it.world.service->checkpoint();
  CHECK(refused.error().what.find("quorum") != std::string::npos);
  CHECK(answer(it.world.service->tile("tile/0/000.p/1")) == "inconclusive");
  CHECK(it.is_ready());  // statements are welcome
  CHECK(it.readiness().find("\"ok\":false") != std::string::npos);
  CHECK(it.readiness().find("the witness is dead") != std::string::npos);
  CHECK(it.world.service->metrics().find("assay_quorum_met 0") != std::string::npos);

  it.witnesses[0].mood = Mood::honest;
  it.world.run_for(60'000);
  CHECK(it.published() == 0);  // one is not two
  it.witnesses[2].mood = Mood::honest;
  REQUIRE(it.world.run_until([&] { return it.all_published(); }, 60'000));
  CHECK(it.readiness().find("\"ok\":true") != std::string::npos);
  CHECK(it.world.service->metrics().find("assay_quorum_met 1") != std::string::npos);
  CHECK(it.world.service->tile("tile/0/000.p/11").ok());
  CHECK(answer(it.world.service->tile("tile/0/000.p/12")) == "not_found");
}

TEST_CASE("one witness of three may do what it likes") {
  for (const Mood mood : {Mood::dead, Mood::busy, Mood::bad_signature, Mood::another_key,
                          Mood::wrong_clock, Mood::nonsense, Mood::any_size, Mood::sizeless}) {
    for (const std::size_t which : {0U, 2U}) {
      INFO("mood " << static_cast<int>(mood) << " of witness " << which);
      Watched it(3, 2);
      // Dishonest about sizes from the beginning, it would keep the service from starting.
      if (mood != Mood::any_size) it.witnesses[which].mood = mood;
      it.world.restart_service();
      REQUIRE(it.soon_all_published());
      it.witnesses[which].mood = mood;
      for (int i = 0; i < 20; ++i) {
        CHECK(why(it.add_leaf()) == "");
        CHECK(it.soon_all_published());
        if (i == 10) it.witnesses[which].mood = Mood::honest;
        if (i == 12) it.witnesses[which].mood = mood;
      }
    }
  }
}

TEST_CASE("a lost quorum leaves what was published, and comes back to all of it") {
  Watched it(3, 2);
  it.world.restart_service();
  CHECK(why(it.add_leaf()) == "");
  REQUIRE(it.soon_all_published());
  const std::uint64_t before = it.published();
  it.witnesses[0].mood = Mood::dead;
  it.witnesses[1].mood = Mood::bad_signature;
  for (int i = 0; i < 30; ++i) {
    CHECK(why(it.add_leaf()) == "");
    it.world.run_for(1'000);
    CHECK(it.published() == before);
  }
  CHECK(it.is_signed() == before + 30);
  CHECK(it.world.service->metrics().find("assay_witness_lag_leaves{witness=\"w0\"} 30") !=
        std::string::npos);
  CHECK(it.world.service->metrics().find("assay_witness_lag_seconds{witness=\"w0\"} 30") !=
        std::string::npos);
  it.witnesses[1].mood = Mood::honest;
  REQUIRE(it.world.run_until([&] { return it.all_published(); }, 60'000));
  CHECK(it.world.check_everything().ok());
}

TEST_CASE("a quorum that comes back late publishes the newest, though each round began before") {
  Watched it(2, 2);
  it.world.restart_service();
  REQUIRE(it.soon_all_published());
  for (int round = 0; round < 6; ++round) {  // never both at a time
    it.witnesses[0].mood = round % 2 == 0 ? Mood::dead : Mood::honest;
    it.witnesses[1].mood = round % 2 == 1 ? Mood::dead : Mood::honest;
    CHECK(why(it.add_leaf()) == "");
    it.world.run_for(15'000);
  }
  it.witnesses.set_all(Mood::honest);
  CHECK(it.world.run_until([&] { return it.all_published(); }, 60'000));
}

TEST_CASE("a checkpoint is cosigned again when nothing new comes, so that its time is fresh") {
  Watched it(3, 3);
  it.world.restart_service();
  REQUIRE(it.soon_all_published());
  const auto oldest = [&] {
    const auto checked =
        wire::check_checkpoint(it.witnesses.trust, it.world.service->checkpoint().value());
    std::uint64_t seconds = UINT64_MAX;
    for (const auto& by : checked.value().witnesses) seconds = std::min(seconds, by.unix_seconds);
    return static_cast<std::int64_t>(seconds) * 1000;
  };
  for (int i = 0; i < 5; ++i) {
    it.world.run_for(50'000);
    CHECK(it.published() == 1);
    CHECK(it.world.clock.unix_now().ms - oldest() <= 62'000);
  }
  // It stays published, though older, while a witness is away.
  it.witnesses[1].mood = Mood::dead;
  it.world.run_for(200'000);
  CHECK(it.published() == 1);
  CHECK(it.world.clock.unix_now().ms - oldest() > 100'000);
}

TEST_CASE("with the quorum none witnesses sign when the log rests, and are not waited for") {
  Watched it(2, 0);
  it.witnesses[1].mood = Mood::dead;
  it.world.restart_service();
  for (int i = 0; i < 5; ++i) {
    CHECK(why(it.add_leaf()) == "");
    CHECK(it.all_published());  // at once
  }
  it.world.run_for(kSoonMs);
  const auto checked =
      wire::check_checkpoint(it.witnesses.trust, it.world.service->checkpoint().value());
  REQUIRE(checked.value().witnesses.size() == 1);
  CHECK(checked.value().witnesses[0].name == "w0");
}

// What a witness has seen of this log's other life.
TEST_CASE("a log that went back, or another one, is not started: a witness has seen more") {
  const struct {
    const char* name;
    int leaves;       // of the life before
    int leaves_now;   // of the store that is started
    std::int64_t ms;  // how much later: another time is another leaf
  } rows[] = {{"an empty store", 5, -1, 0},
              {"an older copy", 5, 3, 0},
              {"the same size, but another log", 5, 5, 1'000},
              {"a longer log, but another one", 5, 9, 1'000}};
  for (const auto& row : rows) {
    INFO(row.name);
    Watched before(2, 2);
    before.world.restart_service();
    for (int i = 0; i < row.leaves; ++i) REQUIRE(before.add_leaf().ok());
    REQUIRE(before.soon_all_published());

    Watched now(2, 2);
    now.world.clock.advance(row.ms);
    if (row.leaves_now >= 0) {
      now.world.witnesses = {};  // it was made while nobody watched
      now.world.restart_service();
      for (int i = 0; i < row.leaves_now; ++i) REQUIRE(now.add_leaf().ok());
    }
    now.world.witnesses = before.witnesses.setup;
    const Status refused = now.world.try_start_service();
    REQUIRE_FALSE(refused.ok());
    INFO(refused.error().what);
    CHECK(refused.error().code == Code::stale);
    CHECK(refused.error().what.find("the witness w0 says") != std::string::npos);
    CHECK(now.world.service == nullptr);
    for (const auto& witness : before.witnesses.all) CHECK(witness->size() == before.published());
  }
}

TEST_CASE("a witness that comes back after the start is believed too, and then nothing is signed") {
  Watched before(1, 1);
  before.world.restart_service();
  for (int i = 0; i < 5; ++i) REQUIRE(before.add_leaf().ok());
  REQUIRE(before.soon_all_published());

  Watched now(1, 1);
  now.world.witnesses = before.witnesses.setup;
  before.witnesses.set_all(Mood::dead);
  now.world.restart_service();
  REQUIRE(now.add_leaf().ok());
  before.witnesses.set_all(Mood::honest);
  now.world.run_for(40'000);
  REQUIRE(now.world.service->failed());
  CHECK(now.world.service->failed()->code == Code::stale);
  CHECK(answer(now.add_leaf()) == "storage");
  CHECK_FALSE(now.is_ready());
  CHECK(now.published() == 0);
}

TEST_CASE("a witness that lies later about having seen more stops nobody") {
  Watched it(3, 2);
  it.world.restart_service();
  REQUIRE(it.add_leaf().ok());
  REQUIRE(it.soon_all_published());
  it.witnesses[2].mood = Mood::boastful;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(it.add_leaf().ok());
    CHECK(it.soon_all_published());
  }
  CHECK_FALSE(it.world.service->failed());
  CHECK(it.readiness().find("it cosigned 1000 leaves") != std::string::npos);
  CHECK(it.world.service->metrics().find("assay_witness_disagrees{witness=\"w2\"} 1") !=
        std::string::npos);
}

TEST_CASE("a restart goes on from what the witnesses have") {
  Watched it(3, 2);
  it.world.restart_service();
  for (int i = 0; i < 4; ++i) {
    REQUIRE(it.add_leaf().ok());
    REQUIRE(it.soon_all_published());
    it.witnesses[static_cast<std::size_t>(i % 3)].mood = i % 2 == 0 ? Mood::dead : Mood::honest;
    it.world.restart_service();
    CHECK(it.all_published());  // two of three answered while it started
    it.witnesses.set_all(Mood::honest);
  }
}

TEST_CASE("a trust file that can never be met is refused at the start") {
  Watched it(3, 2);
  it.world.witnesses.ports = {it.witnesses.all[0], nullptr, nullptr};
  const Status refused = it.world.try_start_service();
  CHECK(answer(refused) == "malformed");
  CHECK(refused.error().what.find("URL") != std::string::npos);
  Watched many(verifier::kWitnessesMax + 1, 1);
  CHECK(answer(many.world.try_start_service()) == "malformed");
}

// Nobody is accused without evidence that holds, and that needs a published checkpoint.
TEST_CASE("an accusation waits for the witnesses, and is made when they are back") {
  for (const Misbehave cheat : {Misbehave::skip_steps, Misbehave::equivocate}) {
    INFO((cheat == Misbehave::equivocate ? "equivocate" : "skip-steps"));
    Watched it(3, 2);
    it.world.restart_service();
    it.world.add_provider("mallory", cheat);
    REQUIRE(it.world.run_until([&] { return is_registered(it.world, "mallory"); }));
    REQUIRE(it.soon_all_published());
    it.witnesses.set_all(Mood::dead);
    const Result<Digest> job = it.world.order(it.world.gemm_order());
    REQUIRE(job.ok());
    it.world.run_for(20'000);
    CHECK(it.world.slashes_of("mallory") == 0);
    CHECK(answer(it.world.service->receipt(job.value().hex())) == "inconclusive");
    it.witnesses.set_all(Mood::honest);
    REQUIRE(it.world.run_until([&] { return it.world.slashes_of("mallory") > 0; }, 60'000));
    REQUIRE(it.soon_all_published());
    const wire::Json slash = it.world.provider("mallory").find("slashes")->items()[0];
    const Result<std::string> evidence = it.world.service->evidence(slash.find("id")->as_string());
    REQUIRE(evidence.ok());
    const wire::CaseFile file = wire::parse_case_file(evidence.value()).value();
    for (const wire::LoggedEntry& entry : file.entries) {
      const wire::TlogProof proof = wire::parse_tlog_proof(entry.proof).value();
      CHECK(wire::check_checkpoint(it.witnesses.trust, proof.checkpoint).ok());
    }
    CHECK(it.world.check_everything().ok());
  }
}

}  // namespace
}  // namespace assay::test
