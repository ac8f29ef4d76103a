// What the coin passed over is audited after all: because somebody pays for it, or because its
// provider unbonds. From the statement to the slash, and to the file that proves it to anybody.
#include "core/wire/paid_challenge.h"
#include "core/wire/stake.h"
#include "prover/misbehave.h"
#include "tests/catch.h"
#include "tests/sim/challenger.h"
#include "verifier/audit.h"
#include "verifier/evidence.h"

namespace assay::test {
namespace {

using prover::Misbehave;

// A job that the coin passed over.
Spared passed_over(bool honest) {
  const auto cheat = [] { return prover::make_cheat(Misbehave::skip_steps, {}); };
  return spared("prover", honest ? std::function<prover::Cheat()>() : cheat,
                [](World& world) { return world.gemm_order(); });
}

wire::PaidChallenge challenge_of(World& world, const Digest& job, const SigningKey& key) {
  const wire::Json document = world.service->job(job.hex()).value();
  const wire::Json& attestation = *document.find("attestation");
  return {.attestation_index = *attestation.find("index")->as_u64(),
          .attestation = Digest::parse_hex(attestation.find("statement")->as_string()).value(),
          .job = job,
          .challenger = key.public_key(),
          .deposit_micros = 1'000'000};
}

std::string text_of(const wire::Json& json, const char* member) {
  const wire::Json* value = json.find(member);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

verifier::AuditOptions options_of(World& world, const compute::Engine& engine) {
  return {.trust = wire::parse_trust(world.service->trust().value()).value(),
          .engine = engine,
          .random = world.random,
          .inputs = world.service->context().inputs(),
          .result = {},
          .replay = 0,
          .sources = {},
          .require_audit = false,
          .known_head = {},
          .max_age_ms = {},
          .now = world.clock.unix_now(),
          .caps = {}};
}

// The proof behind the provider's only slash, checked by the trust file alone.
verifier::EvidenceReport evidence_of(World& world, std::string* text = nullptr) {
  const wire::Json document = world.provider("prover");
  const std::string slash = document.find("slashes")->items().at(0).find("id")->as_string();
  const std::string file = world.service->evidence(slash).value();
  if (text != nullptr) *text = file;
  const compute::Engine engine;
  return verifier::check_evidence(file, options_of(world, engine));
}

}  // namespace

TEST_CASE("a challenge that is paid for finds what the coin spared, and pays a bounty") {
  Spared kept = passed_over(false);
  World& world = *kept.world;
  const SigningKey watchtower = SigningKey::generate(world.random);
  const wire::PaidChallenge challenge = challenge_of(world, kept.job, watchtower);
  const Result<api::Accepted> said =
      world.say(watchtower, wire::paid_challenge_statement(challenge));
  REQUIRE(said.ok());
  const std::string id = std::to_string(said.value().log_index);
  CHECK(text_of(world.service->challenge(id).value(), "status") == "waiting");
  REQUIRE(world.run_until([&] { return world.slashes_of("prover") == 1; }));
  const wire::Json document = world.service->challenge(id).value();
  CHECK(text_of(document, "status") == "mismatch");
  CHECK(text_of(document, "deposit") == "returned");
  CHECK(world.job_status(kept.job) == "failed");
  CHECK(world.trust_ppm("prover") == 0);

  std::string file;
  const verifier::EvidenceReport report = evidence_of(world, &file);
  INFO((report.failure ? report.failure->what : ""));
  CHECK(report.fraud_shown());
  CHECK(report.exit_code() == static_cast<int>(Code::mismatch));
  CHECK(file.find("\"entry\":\"paid-challenge\"") != std::string::npos);
  // The renter's receipt tells of the first draw, and of the slash.
  const Result<std::string> receipt = world.service->receipt(kept.job.hex());
  REQUIRE(receipt.ok());
  CHECK(receipt.value().find("paid-challenge") == std::string::npos);
  const compute::Engine engine;
  const verifier::AuditReport audit =
      verifier::audit_receipt(receipt.value(), options_of(world, engine));
  REQUIRE(audit.failure.has_value());
  CHECK(audit.failure->code == Code::mismatch);
  const Status sound = world.check_everything();
  CHECK((sound.ok() ? "" : sound.error().what) == "");
}

// The challenge comes while the attestation may still be challenged, and is handed out after.
TEST_CASE("what is challenged in the last moment is still there to be opened") {
  Spared kept = passed_over(true);
  World& world = *kept.world;
  const wire::PaidChallenge challenge = challenge_of(world, kept.job, world.renter());
  const std::int64_t logged_ms = reputation::View(*world.store->read().value())
                                     .attestation(challenge.attestation_index)
                                     .value()
                                     ->logged.ms;
  const auto retention_ms = static_cast<std::int64_t>(world.service->policy().retention_ms);
  world.clock.advance(logged_ms + retention_ms - 1'000 - world.clock.unix_now().ms);
  const Result<api::Accepted> said =
      world.say(world.renter(), wire::paid_challenge_statement(challenge));
  REQUIRE(said.ok());
  world.clock.advance(5'000);  // nobody polls meanwhile
  const std::string id = std::to_string(said.value().log_index);
  REQUIRE(world.run_until([&] {
    const std::string status = text_of(world.service->challenge(id).value(), "status");
    return status != "waiting" && status != "audited";
  }));
  CHECK(text_of(world.service->challenge(id).value(), "status") == "match");
  CHECK(world.slashes_of("prover") == 0);
}

TEST_CASE("a challenge to honest work costs its deposit and the provider nothing") {
  Spared kept = passed_over(true);
  World& world = *kept.world;
  const std::uint32_t trust_ppm = world.trust_ppm("prover");
  for (int i = 0; i < 3; ++i) {
    wire::PaidChallenge challenge = challenge_of(world, kept.job, world.renter());
    challenge.deposit_micros += static_cast<std::uint64_t>(i);
    const Result<api::Accepted> said =
        world.say(world.renter(), wire::paid_challenge_statement(challenge));
    REQUIRE(said.ok());
    const std::string id = std::to_string(said.value().log_index);
    REQUIRE(world.run_until(
        [&] { return text_of(world.service->challenge(id).value(), "deposit") == "forfeited"; }));
    CHECK(text_of(world.service->challenge(id).value(), "status") == "match");
  }
  CHECK(world.job_status(kept.job) == "settled");
  CHECK(world.slashes_of("prover") == 0);
  CHECK(world.trust_ppm("prover") == trust_ppm);
  CHECK(world.check_everything().ok());
}

TEST_CASE("who withholds when a challenge asks is slashed, and delivery takes it back") {
  Spared kept = passed_over(true);
  World& world = *kept.world;
  world.add_provider("prover", Misbehave::withhold_when_sampled);
  const wire::PaidChallenge challenge = challenge_of(world, kept.job, world.renter());
  const Result<api::Accepted> said =
      world.say(world.renter(), wire::paid_challenge_statement(challenge));
  REQUIRE(said.ok());
  const std::string id = std::to_string(said.value().log_index);
  REQUIRE(world.run_until([&] { return world.slashes_of("prover") == 1; }));
  CHECK(text_of(world.service->challenge(id).value(), "status") == "unavailable");
  CHECK(text_of(world.service->challenge(id).value(), "deposit") == "returned");
  world.add_provider("prover");  // thinks better of it
  REQUIRE(world.run_until(
      [&] { return text_of(world.service->challenge(id).value(), "status") == "match"; }));
  CHECK(text_of(world.service->challenge(id).value(), "deposit") == "forfeited");
  CHECK(world.job_status(kept.job) == "settled");
  CHECK(world.check_everything().ok());
}

TEST_CASE("an exit scam is found at the unbonding, while the stake is still there") {
  for (const bool honest : {false, true}) {
    INFO((honest ? "an honest provider" : "one that cheated where the coin spared it"));
    Spared kept = passed_over(honest);
    World& world = *kept.world;
    const SigningKey& verifier = world.service->context().keys.verifier;
    const auto tell = [&](wire::StakeMove move, const std::string& reference) {
      const wire::Stake stake{world.key_of("prover"), move, 1'000, reference};
      REQUIRE(world.say(verifier, wire::stake_statement(stake)).ok());
    };
    tell(wire::StakeMove::bond, "in");
    tell(wire::StakeMove::unbond, "out");
    const auto stake = [&] {
      const Digest id = reputation::provider_id(world.key_of("prover"));
      return reputation::View(*world.store->read().value()).stake(id).value();
    };
    CHECK(stake().retro_open == 1);
    if (honest) {
      REQUIRE(world.run_until([&] { return stake().retro_open == 0; }));
      CHECK(world.slashes_of("prover") == 0);
      CHECK(world.job_status(kept.job) == "settled");
      CHECK(stake().unbonding.size() == 1);
    } else {
      REQUIRE(world.run_until([&] { return world.slashes_of("prover") == 1; }));
      CHECK(stake().unbonding.empty());
      CHECK(stake().slashed_micros == 1'000);
      std::string file;
      const verifier::EvidenceReport report = evidence_of(world, &file);
      INFO((report.failure ? report.failure->what : ""));
      CHECK(report.fraud_shown());
      CHECK(file.find("\"entry\":\"stake\"") != std::string::npos);
    }
    const Status sound = world.check_everything();
    CHECK((sound.ok() ? "" : sound.error().what) == "");
  }
}

TEST_CASE("audits made again go on over a restart of the service, at whatever point") {
  Spared kept = passed_over(true);
  World& world = *kept.world;
  for (const std::int64_t after_ms : {0, 100, 300, 600}) {
    INFO(after_ms << " ms after the challenge");
    wire::PaidChallenge challenge = challenge_of(world, kept.job, world.renter());
    challenge.deposit_micros += static_cast<std::uint64_t>(after_ms);
    const Result<api::Accepted> said =
        world.say(world.renter(), wire::paid_challenge_statement(challenge));
    REQUIRE(said.ok());
    world.run_for(after_ms);
    world.restart_service();
    const std::string id = std::to_string(said.value().log_index);
    REQUIRE(world.run_until(
        [&] { return text_of(world.service->challenge(id).value(), "status") == "match"; }));
  }
  CHECK(world.slashes_of("prover") == 0);
  CHECK(world.check_everything().ok());
}

}  // namespace assay::test
