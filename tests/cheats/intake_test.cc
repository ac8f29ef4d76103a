// Cheats that are sent by hand: bytes no agent of ours would make. Each is refused by name, and
// nothing of it reaches the log.
#include "core/wire/dsse.h"
#include "core/wire/trust.h"
#include "tests/catch.h"
#include "tests/sim/world.h"

namespace assay::test {
namespace {

SigningKey key(const std::string& name) {
  return SigningKey::from_seed(sha256(as_bytes("intake " + name)).view()).value();
}

wire::Registration registration_of(const PublicKey& provider) {
  wire::Registration registration;
  registration.provider = provider;
  registration.name = "mallory";
  registration.device_class = "cpu";
  return registration;
}

std::uint64_t log_size(World& world) {
  return world.service->events(0, 1).value().find("size")->as_u64().value();
}

TEST_CASE("small-order-key: a key with which anything verifies cannot register") {
  World world;
  const std::uint64_t before = log_size(world);
  PublicKey identity;
  identity.bytes[0] = 1;  // the neutral element
  Signature anything;
  anything.bytes[0] = 1;  // R = 1, S = 0: some libraries accept it on any message
  const std::string payload =
      wire::statement_text(wire::registration_statement(registration_of(identity)));
  const Result<api::Accepted> accepted = world.service->submit(
      wire::Kind::registration, wire::envelope_text(payload, identity, anything));
  REQUIRE(!accepted.ok());
  CHECK(accepted.error().code == Code::signature);
  CHECK(log_size(world) == before);
}

TEST_CASE("a registration signed by somebody else's key is refused") {
  World world;
  const std::string payload =
      wire::statement_text(wire::registration_statement(registration_of(key("a").public_key())));
  CHECK(
      world.service->submit(wire::Kind::registration, wire::seal(key("b"), payload)).error().code ==
      Code::signature);
}

TEST_CASE("duplicate-json-keys, deep-json and other bytes are malformed, whatever the route") {
  World world;
  const std::uint64_t before = log_size(world);
  const SigningKey mallory = key("mallory");
  const std::string good =
      wire::statement_text(wire::registration_statement(registration_of(mallory.public_key())));
  std::string twice = good;
  twice.insert(twice.size() - 1, R"(,"predicate":{})");
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  const std::string payloads[] = {
      twice, "", "{}", "[]", "null", good + "x", deep.substr(0, 60'000), std::string(1'000, '\0')};
  for (const std::string& payload : payloads) {
    INFO(payload.substr(0, 80));
    const Result<api::Accepted> accepted =
        world.service->submit(wire::Kind::registration, wire::seal(mallory, payload));
    REQUIRE(!accepted.ok());
    CHECK(accepted.error().code == Code::malformed);
  }
  for (const std::string& envelope :
       {std::string(), std::string("{"), deep, std::string("{\"payload\":1}")}) {
    for (const wire::Kind kind : {wire::Kind::registration, wire::Kind::order,
                                  wire::Kind::attestation, wire::Kind::spotcheck}) {
      CHECK(world.service->submit(kind, envelope).error().code == Code::malformed);
    }
    CHECK(world.service->poll(envelope).error().code == Code::malformed);
  }
  CHECK(log_size(world) == before);
}

TEST_CASE("nobody may speak for the verifier") {
  World world;
  const SigningKey mallory = key("mallory");
  wire::Slash slash;
  slash.provider = mallory.public_key();
  slash.class_name = "cpu/gemm@1";
  slash.detail = "framed";
  const Result<api::Accepted> accepted = world.say(mallory, wire::slash_statement(slash));
  REQUIRE(!accepted.ok());
  CHECK(accepted.error().code == Code::permission);
}

TEST_CASE("garbage-input-128, nan-scale and other inputs outside the contract end at the order") {
  World world;
  struct Case {
    const char* name;
    wire::Json parameters;
  };
  const Case cases[] = {
      {"no rows",
       wire::Json::object({{"rows", 0}, {"cols", 64}, {"steps", 8}, {"weights", "philox"}})},
      {"too many steps",
       wire::Json::object({{"rows", 16}, {"cols", 64}, {"steps", 5000}, {"weights", "philox"}})},
      {"too dear a step",
       wire::Json::object(
           {{"rows", 100000}, {"cols", 100000}, {"steps", 8}, {"weights", "philox"}})},
      {"weights of no kind",
       wire::Json::object({{"rows", 16}, {"cols", 64}, {"steps", 8}, {"weights", "mine"}})},
      {"weights that never came",
       wire::Json::object({{"rows", 16}, {"cols", 64}, {"steps", 8}, {"weights", "inputs"}})},
      {"a member nobody knows",
       wire::Json::object(
           {{"rows", 16}, {"cols", 64}, {"steps", 8}, {"weights", "philox"}, {"x", 1}})},
  };
  for (const Case& bad : cases) {
    INFO(bad.name);
    wire::Order order = world.gemm_order();
    order.spec.parameters = bad.parameters;
    const Result<Digest> job = world.order(order);
    REQUIRE(!job.ok());
    CHECK(job.error().code == Code::malformed);
    CHECK(job.error().what.size() > 10);
  }
  wire::Order unknown = world.gemm_order();
  unknown.spec.workload = "mine-bitcoin";
  CHECK(world.order(unknown).error().code == Code::malformed);
}

TEST_CASE("an order whose audit nobody could open is refused before anyone can be slashed for it") {
  struct Case {
    const char* what;
    std::uint32_t rows, cols, steps;
    wire::Assurance assurance;
    bool taken;
  };
  const Case cases[] = {
      {"six whole states of 48 MB", 700'000, 64, 6, wire::Assurance::strict, false},
      {"two of them", 700'000, 64, 6, wire::Assurance::standard, true},
      {"29 rows through 4096 steps", 512, 1024, 4096, wire::Assurance::strict, false},
      {"29 rows through 4000 steps", 512, 1024, 4000, wire::Assurance::strict, true},
      {"100 rows through 4096 steps", 512, 1024, 4096, wire::Assurance::forensic, false},
      {"4096 whole states of 0.5 MB", 512, 1024, 4096, wire::Assurance::full, false},
      {"300 of them", 512, 1024, 300, wire::Assurance::full, true},
      {"every state of a small chain", 16, 64, 4096, wire::Assurance::full, true},
  };
  WorldOptions options;
  options.policy = wire::Policy{};
  World world(options);
  for (const Case& c : cases) {
    INFO(c.what);
    wire::Order order = world.gemm_order(c.rows, c.cols, c.steps);
    order.assurance = c.assurance;
    const Result<Digest> job = world.order(order);
    INFO((job.ok() ? std::string("taken") : job.error().what));
    REQUIRE(job.ok() == c.taken);
    if (c.taken) continue;
    CHECK(job.error().code == Code::malformed);
    CHECK(job.error().what.find(wire::assurance_name(c.assurance)) != std::string::npos);
    CHECK(job.error().what.find("order fewer steps") != std::string::npos);
  }
  wire::Order picture = world.render_order();  // its outputs are bound by the trace already
  picture.assurance = wire::Assurance::full;
  CHECK(world.order(picture).ok());
}

TEST_CASE("an order whose inputs are not here says what to upload") {
  World world;
  wire::Order order = world.render_order();
  order.spec.inputs[0].sha256 = sha256(as_bytes("elsewhere"));
  const Result<Digest> job = world.order(order);
  REQUIRE(!job.ok());
  CHECK(job.error().code == Code::no_evidence);
  CHECK(job.error().what.find("/v1/blobs/") != std::string::npos);
}

TEST_CASE("resubmit-for-a-kinder-draw: the same attestation is one leaf, for ever") {
  World world;
  world.add_provider("alice");
  world.run_until([&] { return world.provider("alice").find("id") != nullptr; });
  const Result<Digest> job = world.order(world.gemm_order(), "alice");
  REQUIRE(job.ok());
  REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
  const wire::Json document = world.service->job(job.value().hex()).value();
  const std::uint64_t index = *document.find("attestation")->find("index")->as_u64();
  const Bytes bundle =
      world.service->tile("tile/entries/000.p/" + std::to_string(log_size(world))).value();
  const std::vector<Bytes> leaves =
      wire::parse_entries(bundle, static_cast<unsigned>(log_size(world))).value();
  const wire::LogLeaf leaf = wire::parse_leaf(leaves[index]).value();
  const std::uint64_t before = log_size(world);
  const Result<api::Accepted> again = world.service->submit(
      wire::Kind::attestation, wire::envelope_text(leaf.payload, leaf.signer, leaf.signature));
  REQUIRE(again.ok());
  CHECK(again.value().already_known);
  CHECK(again.value().log_index == index);
  CHECK(log_size(world) == before);
}

TEST_CASE("draw-suppressing-verifier: the rules refuse a draw that leaves the log's order") {
  World world;
  world.add_provider("alice");
  REQUIRE(world.order(world.gemm_order()).ok());
  world.run_for(3'000);
  const verifier::Context& context = world.service->context();
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  const reputation::Head head = reputation::View(*txn.value()).head().value();
  txn.value().reset();
  wire::Draw draw;
  draw.k = head.draws;
  draw.from = head.drawn_to;
  draw.to = head.size;
  draw.size = head.size;
  draw.root = head.root;
  draw.proof = vrf_prove(context.keys.vrf, wire::draw_alpha(context.origin(), draw).view()).proof;
  const auto refused_with = [&](wire::Draw bent) {
    const Result<reputation::Appended> logged =
        verifier::log_own(context, wire::draw_statement(bent));
    return logged.ok() ? std::string("logged") : std::string(code_name(logged.error().code));
  };
  wire::Draw skips = draw;
  skips.from += 1;
  CHECK(refused_with(skips) == "conflict");
  wire::Draw second = draw;
  second.k += 1;
  CHECK(refused_with(second) == "conflict");
  wire::Draw elsewhere = draw;
  elsewhere.root = sha256(as_bytes("another tree"));
  CHECK(refused_with(elsewhere) == "proof");
  wire::Draw ground = draw;
  ground.proof.bytes[3] ^= 1;
  CHECK(refused_with(ground) == "proof");
}

TEST_CASE("framing-verifier: no slash without a verdict in the log that gives grounds") {
  World world;
  world.add_provider("alice");
  const Result<Digest> job = world.order(world.gemm_order());
  REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
  const wire::Json document = world.service->job(job.value().hex()).value();
  wire::Slash slash;
  slash.provider = world.key_of("alice");
  slash.class_name = "cpu/gemm@1";
  slash.fault = wire::Fault::wrong_result;
  slash.job = job.value();
  slash.attestation_index = *document.find("attestation")->find("index")->as_u64();
  slash.evidence_indices = {slash.attestation_index};
  slash.attestation = sha256(as_bytes("some statement"));
  slash.evidence_blob = sha256(as_bytes("nothing"));
  slash.detail = "framed";
  const Result<reputation::Appended> logged =
      verifier::log_own(world.service->context(), wire::slash_statement(slash));
  REQUIRE(!logged.ok());
  CHECK(logged.error().code == Code::conflict);
  CHECK(world.slashes_of("alice") == 0);
}

TEST_CASE("rolled-back-log: a store older than the newest signed head is not served") {
  World world;
  world.add_provider("alice");
  REQUIRE(world.order(world.gemm_order()).ok());
  world.run_for(2'000);
  const std::unique_ptr<reputation::Store> old =
      reputation::make_memory_store(reputation::tables::names());
  const std::unique_ptr<verifier::Blobs> blobs = verifier::make_memory_blobs();
  verifier::ServiceOptions options;
  options.threaded = false;
  Result<std::unique_ptr<verifier::Service>> started =
      verifier::Service::start({*old, *blobs, *world.heads, world.clock, world.random},
                               {key("verifier"), key("vrf"), key("log")}, "sim.example/assay",
                               wire::policy_text(wire::demo_policy()), options);
  REQUIRE(!started.ok());
  CHECK(started.error().code == Code::stale);
}

}  // namespace
}  // namespace assay::test
