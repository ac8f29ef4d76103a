// What subscribers are told of penalties, when, and what happens where they do not listen.
#include "verifier/service/webhooks.h"

#include <deque>
#include <set>

#include "tests/catch.h"
#include "tests/sim/world.h"

namespace assay::test {
namespace {

using prover::Misbehave;
using verifier::Webhooks;

constexpr std::int64_t kHourMs = 3'600'000;

// A subscriber that answers as it is told to, 200 by itself, and keeps what it was sent.
struct Subscriber {
  struct Heard {
    wire::WebhookHeaders headers;
    std::string body;
    SteadyMillis at;
  };
  std::deque<Result<int>> answers;
  std::vector<Heard> heard;
  std::vector<std::string> told;         // to the operator
  std::optional<std::uint64_t> place{};  // what is kept of it
  bool place_fails = false;

  class Place final : public verifier::WebhookPlace {
   public:
    explicit Place(Subscriber& owner) : owner_(owner) {}
    Result<std::optional<std::uint64_t>> load() override { return owner_.place; }
    Status save(std::uint64_t next) override {
      if (owner_.place_fails) return fail(Code::storage, "the disk is full");
      owner_.place = next;
      return {};
    }

   private:
    Subscriber& owner_;
  };

  std::unique_ptr<Webhooks> open(World& world, const SigningKey& key,
                                 std::optional<std::uint64_t> from = {}) {
    auto opened = Webhooks::open(
        world.service->context(), key,
        [this, &world](const wire::WebhookHeaders& headers, const std::string& body) {
          heard.push_back({headers, body, world.clock.steady_now()});
          if (answers.empty()) return Result<int>(200);
          Result<int> answer = answers.front();
          answers.pop_front();
          return answer;
        },
        std::make_unique<Place>(*this), from,
        [this](const std::string& what) { told.push_back(what); });
    REQUIRE(opened.ok());
    return std::move(opened).value();
  }
};

SigningKey webhook_key() {
  return SigningKey::from_seed(sha256(as_bytes("webhook key")).view()).value();
}

void run(Webhooks& webhooks) {
  while (webhooks.step()) {
  }
}

std::string type_of(const Subscriber::Heard& message) {
  return wire::parse_json(message.body).value().find("type")->as_string();
}
std::string slash_of(const Subscriber::Heard& message) {
  return wire::parse_json(message.body).value().find("data")->find("id")->as_string();
}

// A world in which "liar" was slashed once.
struct Slashed {
  Slashed() {
    world.add_provider("liar", Misbehave::random_output);
    REQUIRE(world.jobs_until_caught("liar", 3) == 1);
    REQUIRE(world.run_until([&] { return world.slashes_of("liar") == 1; }));
  }
  World world;
  const SigningKey key = webhook_key();
};

TEST_CASE("a subscriber is told of a penalty, with all that its document says, signed") {
  Slashed it;
  Subscriber subscriber;
  const auto webhooks = subscriber.open(it.world, it.key, 0);
  run(*webhooks);
  REQUIRE(subscriber.heard.size() == 1);
  const Subscriber::Heard& message = subscriber.heard.front();
  CHECK(type_of(message) == "slash.pending");
  CHECK(wire::check_webhook(it.key.public_key(), message.headers, message.body,
                            it.world.clock.unix_now())
            .ok());
  const wire::Json data = wire::parse_json(message.body).value().take("data");
  const wire::Json document = it.world.service->slash(slash_of(message)).value();
  for (const char* member : {"provider", "class", "fault", "status", "severity_ppm", "logged"}) {
    INFO(member);
    REQUIRE(document.find(member) != nullptr);
    CHECK(data.find(member)->dump() == document.find(member)->dump());
  }
  CHECK(data.find("origin")->as_string() == it.world.service->context().origin());
}

TEST_CASE("a new subscriber begins at the end of the log, and what comes reaches it in 5 s") {
  Slashed it;
  Subscriber subscriber;
  const auto webhooks = subscriber.open(it.world, it.key);
  run(*webhooks);
  CHECK(subscriber.heard.empty());

  it.world.add_provider("second", Misbehave::random_output);
  std::optional<SteadyMillis> slashed;
  REQUIRE(it.world.jobs_until_caught("second", 3) == 1);
  REQUIRE(it.world.run_until([&] {
    if (!slashed && it.world.slashes_of("second") == 1) slashed = it.world.clock.steady_now();
    webhooks->step();
    return !subscriber.heard.empty();
  }));
  REQUIRE(slashed);
  CHECK(subscriber.heard.front().at - *slashed < 5'000);
}

TEST_CASE("what is not taken is sent again under the same id, later and later") {
  Slashed it;
  Subscriber subscriber;
  for (int i = 0; i < 3; ++i) {
    subscriber.answers.push_back(503);
    subscriber.answers.push_back(fail(Code::network, "no answer"));
  }
  const auto webhooks = subscriber.open(it.world, it.key, 0);
  for (std::int64_t ms = 0; ms < 3 * kHourMs && subscriber.heard.size() < 7; ms += 200) {
    webhooks->step();
    it.world.clock.advance(200);
  }
  REQUIRE(subscriber.heard.size() == 7);
  std::set<std::string> ids, times;
  for (const Subscriber::Heard& attempt : subscriber.heard) {
    ids.insert(attempt.headers.id);
    times.insert(attempt.headers.timestamp);
    CHECK(attempt.body == subscriber.heard.front().body);
    CHECK(wire::check_webhook(it.key.public_key(), attempt.headers, attempt.body,
                              it.world.clock.unix_now())
              .ok() == (&attempt == &subscriber.heard.back()));  // the others are old by now
  }
  CHECK(ids.size() == 1);
  CHECK(times.size() == 7);
  for (std::size_t i = 1; i < subscriber.heard.size(); ++i) {
    const std::int64_t paused_ms = subscriber.heard[i].at - subscriber.heard[i - 1].at;
    const std::int64_t due_ms = verifier::webhook_pause_ms(static_cast<std::uint32_t>(i));
    INFO("after failure " << i);
    CHECK(paused_ms >= due_ms);
    CHECK(paused_ms <= due_ms + 200);
  }
  CHECK(webhooks->failures() == 0);
  CHECK_FALSE(subscriber.told.empty());
  it.world.clock.advance(kHourMs);
  run(*webhooks);
  CHECK(subscriber.heard.size() == 7);  // taken once, told once
}

TEST_CASE("a restart goes on where it was, and sends again what was not noted") {
  Slashed it;
  Subscriber subscriber;
  {
    const auto webhooks = subscriber.open(it.world, it.key, 0);
    run(*webhooks);
    REQUIRE(subscriber.heard.size() == 1);
  }
  run(*subscriber.open(it.world, it.key));
  CHECK(subscriber.heard.size() == 1);

  // From a leaf again: the receiver knows it by its id.
  {
    const auto webhooks = subscriber.open(it.world, it.key, 0);
    subscriber.place_fails = true;
    run(*webhooks);
    CHECK(subscriber.heard.size() == 2);
    CHECK(webhooks->failures() == 1);
  }
  subscriber.place_fails = false;
  run(*subscriber.open(it.world, it.key));
  REQUIRE(subscriber.heard.size() == 3);
  for (const Subscriber::Heard& message : subscriber.heard) {
    CHECK(message.headers.id == subscriber.heard.front().headers.id);
  }
}

TEST_CASE("a penalty that is undone: both are told, in that order") {
  World world;
  world.add_provider("silent", Misbehave::withhold_when_sampled);
  REQUIRE(world.jobs_until_caught("silent", 3) == 1);
  REQUIRE(world.run_until([&] { return world.slashes_of("silent") == 1; }));
  const SigningKey key = webhook_key();
  Subscriber subscriber;
  const auto webhooks = subscriber.open(world, key, 0);
  run(*webhooks);
  REQUIRE(subscriber.heard.size() == 1);

  const std::uint64_t slash = std::stoull(slash_of(subscriber.heard[0]));
  const auto txn = world.store->read();
  const auto leaf = reputation::LogView(*txn.value(), slash + 1).leaf(slash);
  REQUIRE(verifier::log_own(world.service->context(),
                            wire::reversal_statement({slash, world.key_of("silent"), "delivered"},
                                                     leaf.value().pae_digest))
              .ok());
  run(*webhooks);
  REQUIRE(subscriber.heard.size() == 2);
  CHECK(type_of(subscriber.heard[0]) == "slash.pending");
  CHECK(type_of(subscriber.heard[1]) == "slash.reversed");
  CHECK(slash_of(subscriber.heard[1]) == slash_of(subscriber.heard[0]));
  CHECK(subscriber.heard[0].headers.id != subscriber.heard[1].headers.id);
}

TEST_CASE("410 ends it, and what nobody takes for three days is left out") {
  Slashed it;
  SECTION("410 Gone") {
    Subscriber subscriber;
    subscriber.answers.push_back(410);
    const auto webhooks = subscriber.open(it.world, it.key, 0);
    run(*webhooks);
    it.world.clock.advance(100 * kHourMs);
    run(*webhooks);
    CHECK(webhooks->gone());
    CHECK(subscriber.heard.size() == 1);
    CHECK(subscriber.place == 0);  // the next start asks again
  }
  SECTION("three days of nothing") {
    Subscriber subscriber;
    for (int i = 0; i < 1'000; ++i) subscriber.answers.push_back(500);
    const auto webhooks = subscriber.open(it.world, it.key, 0);
    for (int hours = 0; hours < 80; ++hours) {
      run(*webhooks);
      it.world.clock.advance(kHourMs);
    }
    CHECK(webhooks->failures() == 0);
    CHECK(subscriber.place > 0);
    CHECK(subscriber.told.back().find("left out") != std::string::npos);
    CHECK(subscriber.heard.size() < 100);
  }
}

TEST_CASE("the pauses are those of the header") {
  const std::int64_t pauses_ms[] = {0,       1'000,   5'000,     30'000,
                                    120'000, 600'000, 3'600'000, 3'600'000};
  for (std::uint32_t failures = 0; failures < std::size(pauses_ms); ++failures) {
    CHECK(verifier::webhook_pause_ms(failures) == pauses_ms[failures]);
  }
}

}  // namespace
}  // namespace assay::test
