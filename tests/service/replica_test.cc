// A read replica of a service at work: what it copies it has verified, and it answers the same.
#include "verifier/service/replica.h"
#include "core/wire/dsse.h"
#include "core/wire/events.h"
#include "reputation/ledger/state_hash.h"
#include "tests/catch.h"
#include "tests/sim/world.h"

namespace assay::test {
namespace {

using verifier::Replica;
namespace monitor = verifier::monitor;

// The primary as a replica reaches it: it may be gone, and its answers may be bent.
class Line final : public api::Port {
 public:
  explicit Line(World& world) : world_(world) {}

  bool dead = false;
  std::optional<std::string> note;      // instead of the checkpoint
  std::optional<std::string> envelope;  // instead of a score

  Result<api::Accepted> submit(wire::Kind, const std::string&) override { return gone(); }
  Result<std::string> poll(const std::string&) override { return gone(); }
  Status put_blob(const Digest&, ByteView) override { return gone(); }
  Result<Bytes> get_blob(const Digest& id) override {
    return ask([&](api::Port& port) { return port.get_blob(id); });
  }
  Result<wire::Json> ask_opening(const std::string&, const std::string&) override { return gone(); }
  Status give_opening(const Digest&, ByteView) override { return gone(); }
  Result<wire::Json> providers(const api::Page&) override { return gone(); }
  Result<api::Found> search(const api::Search&) override { return gone(); }
  Result<wire::Json> match(const std::string&) override { return gone(); }
  Result<wire::Json> provider(const std::string&) override { return gone(); }
  Result<wire::Json> explain(const std::string&) override { return gone(); }
  Result<wire::Json> job(const std::string&) override { return gone(); }
  Result<wire::Json> preview(const std::string&, std::uint64_t) override { return gone(); }
  Result<wire::Json> slashes(const api::Page&) override { return gone(); }
  Result<wire::Json> slash(const std::string&) override { return gone(); }
  Result<wire::Json> dispute(const std::string&) override { return gone(); }
  Result<wire::Json> events(std::uint64_t, std::uint32_t) override { return gone(); }
  Result<std::string> score(const std::string& id) override {
    if (envelope && !dead) return *envelope;
    return ask([&](api::Port& port) { return port.score(id); });
  }
  Result<std::string> final_score(const std::string& id, const std::string& name) override {
    return ask([&](api::Port& port) { return port.final_score(id, name); });
  }
  Result<std::string> settlement(const std::string& job) override {
    return ask([&](api::Port& port) { return port.settlement(job); });
  }
  Result<std::string> receipt(const std::string&) override { return gone(); }
  Result<std::string> evidence(const std::string&) override { return gone(); }
  Result<Bytes> result(const std::string&) override { return gone(); }
  Result<std::string> checkpoint() override {
    if (note && !dead) return *note;
    return ask([](api::Port& port) { return port.checkpoint(); });
  }
  Result<Bytes> tile(const std::string& path) override {
    return ask([&](api::Port& port) { return port.tile(path); });
  }
  Result<std::string> policy(const std::string&) override { return gone(); }
  Result<std::string> trust() override { return gone(); }

 private:
  static Error gone() { return fail(Code::network, "the primary does not answer"); }
  template <class Ask>
  auto ask(Ask ask) -> decltype(ask(std::declval<api::Port&>())) {
    if (dead || !world_.service) return gone();
    return ask(*world_.service);
  }

  World& world_;
};

struct Mirror {
  explicit Mirror(World& world) : line(world), clock(world.clock) {
    trust = wire::parse_trust(world.service->trust().value()).value();
    policy = wire::policy_text(world.service->policy());
  }

  Line line;
  ManualClock& clock;
  SeededRandom random{1};
  wire::Trust trust;
  std::string policy;
  std::unique_ptr<reputation::Store> store =
      reputation::make_memory_store(reputation::tables::names());
  std::unique_ptr<verifier::Blobs> blobs = verifier::make_memory_blobs();
  std::unique_ptr<monitor::KnownHead> known = monitor::make_memory_known_head();
  std::unique_ptr<monitor::KnownHead> served = monitor::make_memory_known_head();
  std::optional<monitor::TwoHeads> evidence;
  std::unique_ptr<Replica> replica;

  Status start() {
    verifier::ReplicaOptions options;
    options.primary_url = "http://primary.example";
    options.threaded = false;
    options.follow.threads = 1;
    options.forked = [this](const monitor::TwoHeads& heads) { evidence = heads; };
    replica.reset();
    Result<std::unique_ptr<Replica>> started = Replica::start(
        {*store, *blobs, *known, *served, line, clock, random}, trust, policy, options);
    if (!started.ok()) return started.error();
    replica = std::move(started).value();
    return {};
  }
  bool follow() {
    const Result<monitor::Update> update = replica->follow();
    return update.ok() && update.value().good();
  }
  Digest state() {
    const auto txn = store->read();
    return reputation::state_hash(*txn.value(), reputation::tables::kAll).value();
  }
};

// A world in which some jobs were done, one of them by a cheat.
struct Busy {
  World world;
  Digest job;
  Busy() {
    world.add_provider("alice");
    world.add_provider("mallory", prover::Misbehave::random_output);
    REQUIRE(world.run_until([&] {
      return world.provider("alice").find("id") != nullptr &&
             world.provider("mallory").find("id") != nullptr;
    }));
    job = finish("alice");
    REQUIRE(world.jobs_until_caught("mallory", 5) > 0);
    world.run_for(500);
  }
  Digest finish(const std::string& who) {
    const Result<Digest> ordered = world.order(world.gemm_order(), who);
    REQUIRE(ordered.ok());
    REQUIRE(world.run_until([&] { return world.is_over(ordered.value()); }));
    return ordered.value();
  }
  Digest state() {
    const auto txn = world.store->read();
    return reputation::state_hash(*txn.value(), reputation::tables::kAll).value();
  }
};

TEST_CASE("a replica that starts from nothing reaches its primary's state and answers the same") {
  Busy busy;
  Mirror mirror(busy.world);
  REQUIRE(mirror.start().ok());
  CHECK(mirror.replica->checkpoint().error().code == Code::inconclusive);
  REQUIRE(mirror.follow());
  CHECK(mirror.state() == busy.state());

  api::Port& primary = *busy.world.service;
  api::Port& replica = *mirror.replica;
  const std::string alice = busy.world.id_of("alice");
  const std::string job = busy.job.hex();
  CHECK(replica.checkpoint().value() == primary.checkpoint().value());
  CHECK(replica.providers({}).value() == primary.providers({}).value());
  CHECK(replica.provider(alice).value() == primary.provider(alice).value());
  CHECK(replica.explain(alice).value() == primary.explain(alice).value());
  CHECK(replica.job(job).value() == primary.job(job).value());
  CHECK(replica.slashes({}).value() == primary.slashes({}).value());
  CHECK(replica.events(0, 500).value() == primary.events(0, 500).value());
  CHECK(replica.receipt(job).value() == primary.receipt(job).value());
  CHECK(replica.result(job).value() == primary.result(job).value());
  CHECK(replica.score(alice).value() == primary.score(alice).value());
  CHECK(wire::parse_trust(replica.trust().value()).value() == mirror.trust);
  const api::Search everybody{.query = "score>=0", .sort = "id"};
  const wire::Json theirs = *primary.search(everybody).value().document;
  const wire::Json ours = *replica.search(everybody).value().document;
  CHECK(theirs.find("matched")->as_u64() == 2U);
  REQUIRE(ours.find("providers")->items().size() == theirs.find("providers")->items().size());
  for (std::size_t i = 0; i < ours.find("providers")->items().size(); ++i) {
    wire::Json there = theirs.find("providers")->items()[i];
    wire::Json here = ours.find("providers")->items()[i];
    CHECK(here.find("available") == nullptr);  // nobody polls a replica
    CHECK(here.set("available", wire::Json()) == there.set("available", wire::Json()));
  }
  const std::string slash =
      replica.slashes({}).value().find("slashes")->items()[0].find("id")->as_string();
  CHECK(replica.slash(slash).value() == primary.slash(slash).value());
  CHECK(replica.evidence(slash).value() == primary.evidence(slash).value());
  const std::uint64_t size =
      wire::parse_checkpoint(wire::parse_note(replica.checkpoint().value()).value().text)
          .value()
          .size;
  for (const bool entries : {false, true}) {
    const std::string path = wire::tile_path_text({entries, 0, 0, wire::tile_width(0, 0, size)});
    CHECK(replica.tile(path).value() == primary.tile(path).value());
  }
  const wire::Json ready = mirror.replica->readiness();
  CHECK(ready.find("ready")->as_bool());
  CHECK(ready.find("lag_leaves")->as_u64() == 0);
  CHECK(mirror.replica->metrics().find("\nassay_replica_lag_leaves 0\n") != std::string::npos);
}

TEST_CASE("a replica takes nothing in, and says who does") {
  Busy busy;
  Mirror mirror(busy.world);
  REQUIRE(mirror.start().ok());
  REQUIRE(mirror.follow());
  const Error refused[] = {
      mirror.replica->submit(wire::Kind::order, "{}").error(),
      mirror.replica->submit_attestations(std::vector<std::string>{"{}"}).error(),
      mirror.replica->poll("{}").error(),
      mirror.replica->put_blob(Digest{}, {}).error(),
  };
  for (const Error& error : refused) {
    CHECK(error.code == Code::permission);
    CHECK(error.what.find("http://primary.example") != std::string::npos);
  }
  CHECK(mirror.replica->preview(busy.job.hex(), 0).error().code == Code::not_found);
  const Error no_draws = mirror.replica->match("{}").error();
  CHECK(no_draws.code == Code::permission);
  CHECK(no_draws.what.find("http://primary.example") != std::string::npos);
}

TEST_CASE("a replica outlives its primary, and goes on when it is back") {
  Busy busy;
  Mirror mirror(busy.world);
  REQUIRE(mirror.start().ok());
  REQUIRE(mirror.follow());
  const std::string alice = busy.world.id_of("alice");
  const std::string mallory = busy.world.id_of("mallory");
  REQUIRE(mirror.replica->score(alice).ok());
  REQUIRE(mirror.replica->receipt(busy.job.hex()).ok());
  mirror.line.dead = true;
  for (const bool restarted : {false, true}) {
    if (restarted) REQUIRE(mirror.start().ok());
    CHECK_FALSE(mirror.follow());
    CHECK(mirror.replica->provider(alice).ok());
    CHECK(mirror.replica->checkpoint().ok());
    CHECK(mirror.replica->receipt(busy.job.hex()).ok());  // of blobs that were kept
    CHECK(mirror.replica->score(alice).ok() == !restarted);
    CHECK(mirror.replica->score(mallory).error().code == Code::inconclusive);
    CHECK(mirror.replica->result(busy.job.hex()).error().code == Code::inconclusive);
    CHECK(mirror.replica->readiness().find("ready")->as_bool());
  }
  mirror.line.dead = false;
  busy.finish("alice");
  REQUIRE(mirror.follow());
  CHECK(mirror.state() == busy.state());
}

TEST_CASE("a forked primary is not followed, and both heads are kept") {
  Busy busy;
  Mirror mirror(busy.world);
  REQUIRE(mirror.start().ok());
  REQUIRE(mirror.follow());
  const std::string seen = mirror.replica->checkpoint().value();
  const Digest state = mirror.state();
  // The same verifier with the same keys and another history.
  WorldOptions other_options;
  other_options.seed = 2;
  World other(other_options);
  other.add_provider("carol");
  REQUIRE(other.run_until([&] { return other.provider("carol").find("id") != nullptr; }));
  while (wire::parse_checkpoint(wire::parse_note(other.service->checkpoint().value()).value().text)
             .value()
             .size >= wire::parse_checkpoint(wire::parse_note(seen).value().text).value().size) {
    FAIL("the other log is meant to be the shorter one");
  }
  mirror.line.note = other.service->checkpoint().value();
  const Result<monitor::Update> update = mirror.replica->follow();
  REQUIRE(update.ok());
  CHECK(monitor::exit_code_of(update.value().findings) == 20);
  REQUIRE(mirror.evidence);
  CHECK(mirror.evidence->first == seen);
  CHECK(mirror.evidence->second == *mirror.line.note);
  const wire::Json ready = mirror.replica->readiness();
  CHECK_FALSE(ready.find("ready")->as_bool());
  CHECK(ready.find("forked")->as_bool());
  CHECK(mirror.replica->metrics().find("\nassay_replica_forked 1\n") != std::string::npos);
  CHECK(mirror.state() == state);
  CHECK(mirror.replica->checkpoint().value() == seen);
}

TEST_CASE("a replica passes on final scores, and keeps the last of each provider and class") {
  Busy busy;
  busy.world.run_for(11'000);
  Mirror mirror(busy.world);
  REQUIRE(mirror.start().ok());
  REQUIRE(mirror.follow());
  CHECK(mirror.state() == busy.state());
  const std::string alice = busy.world.id_of("alice");
  const std::string final = busy.world.service->final_score(alice, "").value();
  CHECK(mirror.replica->final_score(alice, "").value() == final);
  CHECK(mirror.replica->final_score(alice, "cpu/none@1").error().code == Code::not_found);
  mirror.line.dead = true;
  CHECK(mirror.replica->final_score(alice, "").value() == final);
  CHECK(mirror.replica->final_score(alice, "cpu/gemm@1").error().code == Code::inconclusive);
  CHECK(mirror.replica->score(alice).error().code == Code::inconclusive);
  mirror.line.dead = false;
  mirror.line.envelope = final;  // a preview was asked for
  CHECK(mirror.replica->score(alice).error().code == Code::inconclusive);
}

TEST_CASE("a score statement that is not the verifier's own is not passed on") {
  Busy busy;
  Mirror mirror(busy.world);
  REQUIRE(mirror.start().ok());
  REQUIRE(mirror.follow());
  const std::string alice = busy.world.id_of("alice");
  const std::string mallory = busy.world.id_of("mallory");
  mirror.line.envelope = busy.world.service->score(alice).value();
  CHECK(mirror.replica->score(alice).value() == *mirror.line.envelope);
  CHECK(mirror.replica->score(mallory).error().code == Code::inconclusive);  // about another
  wire::Score score;
  score.provider = busy.world.key_of("mallory");
  score.origin = mirror.trust.logs[0].key.name;
  mirror.line.envelope =
      wire::seal(busy.world.renter(), wire::statement_text(wire::score_statement(score)));
  CHECK(mirror.replica->score(mallory).error().code == Code::inconclusive);  // by another
}

TEST_CASE("a replica starts only on what it served, under the policy that is trusted") {
  Busy busy;
  Mirror mirror(busy.world);
  REQUIRE(mirror.start().ok());
  REQUIRE(mirror.follow());
  mirror.replica.reset();
  mirror.store = reputation::make_memory_store(reputation::tables::names());
  CHECK(mirror.start().error().code == Code::stale);
  mirror.served = monitor::make_memory_known_head();
  CHECK(mirror.start().ok());
  REQUIRE(mirror.follow());  // anew, and consistent with the head that was known
  CHECK(mirror.state() == busy.state());
  mirror.policy = wire::policy_text(wire::Policy{});
  CHECK(mirror.start().error().code == Code::unbound);
}

}  // namespace
}  // namespace assay::test
