// Who gets a job, who loses it, and what that costs: offers, deadlines, cancelling, a full
// verifier, and providers that go away.
#include "core/wire/trust.h"
#include "reputation/policy/match_draw.h"
#include "tests/catch.h"
#include "tests/sim/world.h"

namespace assay::test {
namespace {

using prover::Misbehave;

bool is_registered(World& world, const std::string& name) {
  return world.provider(name).find("id") != nullptr;
}

std::string provider_of(World& world, const Digest& job) {
  const auto row = reputation::View(*world.store->read().value()).job(job).value();
  return row && row->provider ? key_id(*row->provider) : "";
}

std::uint64_t timeouts_of(World& world, const std::string& name) {
  const Digest id = reputation::provider_id(world.key_of(name));
  return reputation::View(*world.store->read().value()).provider(id).value()->timeouts;
}

TEST_CASE("an offer that nobody accepts goes to somebody else") {
  World world;
  world.add_provider("gone");
  REQUIRE(world.run_until([&] { return is_registered(world, "gone"); }));
  world.run_for(500);
  world.drop_agent("gone");  // it polled a moment ago and looks alive
  const Result<Digest> job = world.order(world.gemm_order());
  REQUIRE(job.ok());
  world.run_for(100);
  world.add_provider("helper");
  world.run_for(3'000);
  CHECK(world.job_status(job.value()) == "open");
  REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
  CHECK(provider_of(world, job.value()) == world.id_of("helper"));
  CHECK(timeouts_of(world, "gone") == 0);
  CHECK(world.check_everything().ok());
}

TEST_CASE("who lets a deadline pass is not offered the job again, and somebody else does it") {
  World world;
  world.add_provider("dies", Misbehave::never_attest);
  REQUIRE(world.run_until([&] { return is_registered(world, "dies"); }));
  wire::Order order = world.gemm_order();
  order.deadline_ms = 2'000;
  const Result<Digest> job = world.order(order);
  REQUIRE(job.ok());
  REQUIRE(world.run_until([&] { return timeouts_of(world, "dies") == 1; }));
  world.run_for(20'000);
  CHECK(world.job_status(job.value()) == "open");
  CHECK(timeouts_of(world, "dies") == 1);
  CHECK(world.slashes_of("dies") == 0);
  world.add_provider("helper");
  REQUIRE(world.run_until([&] { return world.job_status(job.value()) == "settled"; }));
  CHECK(provider_of(world, job.value()) == world.id_of("helper"));
  CHECK(world.check_everything().ok());
}

TEST_CASE("a deadline that passes while we are away is not the provider's fault") {
  World world;
  world.add_provider("alice", Misbehave::never_attest);
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  wire::Order order = world.gemm_order();
  order.deadline_ms = 2'000;
  const Result<Digest> job = world.order(order);
  REQUIRE(job.ok());
  REQUIRE(world.run_until([&] { return world.job_status(job.value()) == "accepted"; }));
  world.stop_service();
  world.clock.advance(60'000);
  world.restart_service();
  world.add_provider("helper");
  REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
  CHECK(world.job_status(job.value()) == "settled");
  CHECK(timeouts_of(world, "alice") == 0);
  CHECK(world.check_everything().ok());
}

TEST_CASE("a job can be cancelled until it is attested, at nobody's cost") {
  World world;
  const auto cancel = [&](const Digest& job) {
    return world.say(world.renter(), wire::cancel_statement({job}));
  };
  const Result<Digest> open = world.order(world.gemm_order());
  REQUIRE(open.ok());
  CHECK(cancel(open.value()).ok());
  CHECK(world.job_status(open.value()) == "cancelled");

  world.add_provider("slow", Misbehave::never_attest);
  REQUIRE(world.run_until([&] { return is_registered(world, "slow"); }));
  wire::Order order = world.gemm_order();
  order.deadline_ms = 2'000;
  const Result<Digest> accepted = world.order(order);
  REQUIRE(accepted.ok());
  REQUIRE(world.run_until([&] { return world.job_status(accepted.value()) == "accepted"; }));
  CHECK(cancel(accepted.value()).ok());
  world.run_for(10'000);
  CHECK(world.job_status(accepted.value()) == "cancelled");
  CHECK(timeouts_of(world, "slow") == 0);
  world.drop_agent("slow");
  world.run_for(2'000);

  world.add_provider("alice");
  const Result<Digest> done = world.order(world.gemm_order());
  REQUIRE(done.ok());
  REQUIRE(world.run_until([&] { return world.is_over(done.value()); }));
  const Result<api::Accepted> late = cancel(done.value());
  REQUIRE_FALSE(late.ok());
  CHECK(late.error().code == Code::conflict);
  CHECK(world.job_status(done.value()) == "settled");
  CHECK(world.check_everything().ok());
}

TEST_CASE("a job dearer than the tier may leave unsettled waits, says why, and keeps nobody busy") {
  World world;
  world.add_provider("alice");
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  wire::Order dear = world.gemm_order();
  dear.price_micros = 25'000'000;  // Entry: $20
  const Result<Digest> job = world.order(dear);
  REQUIRE(job.ok());
  world.run_for(2'000);
  CHECK(world.job_status(job.value()) == "open");
  const wire::Json waiting = *world.service->job(job.value().hex()).value().find("waiting");
  CHECK(waiting.find("reason")->as_string().find("may leave unsettled") != std::string::npos);
  CHECK(waiting.find("free")->as_u64() == 1U);
  CHECK(waiting.find("over_job_price")->as_u64() == 1U);
  const Result<Digest> cheap = world.order(world.gemm_order());
  REQUIRE(cheap.ok());
  REQUIRE(world.run_until([&] { return world.is_over(cheap.value()); }));
  CHECK(world.job_status(cheap.value()) == "settled");
  CHECK(world.job_status(job.value()) == "open");
  CHECK(world.check_everything().ok());
}

TEST_CASE("whose first job is not settled is offered no second one at Entry") {
  World world;
  world.add_provider("alice", Misbehave::withhold_when_sampled);
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  const Result<Digest> first = world.order(world.gemm_order());
  REQUIRE(first.ok());
  REQUIRE(world.run_until([&] { return world.job_status(first.value()) == "attested"; }));
  const Result<Digest> second = world.order(world.gemm_order());
  REQUIRE(second.ok());
  world.run_for(500);
  REQUIRE(world.job_status(first.value()) == "attested");
  CHECK(world.job_status(second.value()) == "open");
  const wire::Json waiting = *world.service->job(second.value().hex()).value().find("waiting");
  CHECK(waiting.find("over_open_jobs")->as_u64() == 1U);
  world.add_provider("bob");
  REQUIRE(world.run_until([&] { return world.is_over(second.value()); }));
  CHECK(provider_of(world, second.value()) == world.id_of("bob"));
  CHECK(world.service->job(second.value().hex()).value().find("waiting") == nullptr);
}

TEST_CASE("nobody free, or another named: an open job says that too") {
  World world;
  const Result<Digest> job = world.order(world.gemm_order());
  REQUIRE(job.ok());
  world.run_for(200);
  const auto reason = [&](const Digest& id) {
    return world.service->job(id.hex()).value().find("waiting")->find("reason")->as_string();
  };
  CHECK(reason(job.value()).find("no provider of its device class is free") == 0);
  world.add_provider("alice");
  world.add_provider("bob");
  REQUIRE(world.run_until(
      [&] { return is_registered(world, "alice") && is_registered(world, "bob"); }));
  REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
  world.drop_agent("bob");
  world.run_for(2'000);
  const Result<Digest> named = world.order(world.gemm_order(), "bob");
  REQUIRE(named.ok());
  world.run_for(500);
  CHECK(reason(named.value()).find("the provider that the renter named is not free") == 0);
}

TEST_CASE("a match over a living service is checked with its own keys") {
  World world;
  world.add_provider("alice");
  world.add_provider("bob");
  REQUIRE(world.run_until(
      [&] { return is_registered(world, "alice") && is_registered(world, "bob"); }));
  world.run_for(500);
  reputation::MatchAsk ask;
  ask.nonce = sha256(as_bytes("a nonce"));
  ask.count = 2;
  const Result<wire::Json> answer =
      world.service->match("{\"count\":2,\"pool\":true,\"nonce\":\"" + ask.nonce.hex() + "\"}");
  REQUIRE(answer.ok());
  const wire::Json& said = *answer.value().find("draw");
  const auto digest = [&](const char* key) {
    return Digest::parse_hex(said.find(key)->as_string()).value();
  };
  const wire::Trust trust = wire::parse_trust(world.service->trust().value()).value();
  const auto head = wire::check_checkpoint(trust, said.find("checkpoint")->as_string());
  REQUIRE(head.ok());
  CHECK(head.value().checkpoint.root == digest("root"));
  const reputation::MatchDraw draw{
      .origin = head.value().checkpoint.origin,
      .size = head.value().checkpoint.size,
      .root = digest("root"),
      .request = digest("request_sha256"),
      .pool = digest("pool_sha256"),
      .proof = VrfProof::parse_hex(said.find("proof")->as_string()).value()};
  const Bytes pool = from_base64(answer.value().find("pool")->as_string()).value();
  const auto drawn =
      reputation::check_match(draw, reputation::parse_pool(pool).value(), ask, *trust.vrf);
  REQUIRE(drawn.ok());
  REQUIRE(drawn.value().size() == 2);
  const wire::Json::Array& chosen = answer.value().find("chosen")->items();
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(chosen[i].find("id")->as_string() == drawn.value()[i].hex());
  }
}

TEST_CASE("a full verifier says so, and takes orders again when there is room") {
  wire::Policy policy = wire::demo_policy();
  policy.open_jobs_max = 2;
  World world({.seed = 1, .policy = policy, .replay = {}, .start_service = true});
  REQUIRE(world.order(world.gemm_order()).ok());
  REQUIRE(world.order(world.gemm_order()).ok());
  const wire::Order third = world.gemm_order();
  const Result<Digest> refused = world.order(third);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::rate_limited);
  CHECK(refused.error().what.find("2 jobs") != std::string::npos);
  world.add_provider("alice");
  REQUIRE(world.run_until([&] { return world.order(third).ok(); }));
  CHECK(world.check_everything().ok());
}

TEST_CASE("a provider that never comes back is down, not a fraud: nothing shows it was asked") {
  World world;
  world.add_provider("alice");
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  const Result<Digest> job = world.order(world.gemm_order());
  REQUIRE(job.ok());
  REQUIRE(world.run_until([&] { return world.job_status(job.value()) == "attested"; }));
  world.drop_agent("alice");
  world.run_for(120'000);
  CHECK(world.job_status(job.value()) == "attested");
  CHECK(world.slashes_of("alice") == 0);
  // When it is back it answers from its journal.
  world.restart_agent("alice");
  REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
  CHECK(world.job_status(job.value()) == "settled");
  CHECK(world.slashes_of("alice") == 0);
  CHECK(world.check_everything().ok());
}

}  // namespace
}  // namespace assay::test
