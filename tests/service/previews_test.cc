// What providers show of jobs that run: who may, how much, and that it is forgotten.
#include "verifier/service/previews.h"

#include "core/wire/dsse.h"
#include "tests/catch.h"
#include "tests/sim/world.h"

namespace assay::test {
namespace {

using verifier::Preview;
using verifier::Previews;

Digest named(std::string_view name) {
  return sha256(as_bytes(name));
}

Bytes bytes_of(std::string_view text) {
  return to_bytes(as_bytes(text));
}

const Digest kJob = named("job");
const Digest kAlice = named("alice");
const Digest kMallory = named("mallory");

// The preview in short: "2@3: c d" has begun twice, and holds steps 3 and 4.
std::string short_of(const Previews& previews, std::uint64_t after = 0,
                     const Digest& provider = kAlice) {
  const std::optional<Preview> preview = previews.of(kJob, provider, after);
  if (!preview) return "none";
  std::string out = std::to_string(preview->begun) + "@" + std::to_string(preview->step) + ":";
  for (const Bytes& output : preview->outputs) out += " " + std::string(as_text(output));
  CHECK(preview->step + preview->outputs.size() == preview->steps_done + 1);
  return out;
}

wire::ShownOutputs shown(std::uint32_t step, const std::vector<std::string>& outputs) {
  wire::ShownOutputs out{kJob, step, {}};
  for (const std::string& output : outputs) out.outputs.push_back(bytes_of(output));
  return out;
}

TEST_CASE("a preview grows in the order of steps, whatever comes") {
  struct Case {
    const char* name;
    std::vector<wire::ShownOutputs> taken;
    const char* then;
  };
  const Case cases[] = {
      {"nothing", {}, "none"},
      {"one after the other", {shown(1, {"a", "b"}), shown(3, {"c"})}, "1@1: a b c"},
      {"again, as when a reply was lost", {shown(1, {"a"}), shown(1, {"a", "b"})}, "1@1: a b"},
      {"a part of it again", {shown(1, {"a", "b", "c"}), shown(2, {"b"})}, "1@1: a b c"},
      {"a gap", {shown(1, {"a"}), shown(3, {"c"})}, "1@1: a"},
      {"a gap, and then what was missing",
       {shown(1, {"a"}), shown(3, {"c"}), shown(2, {"b"})},
       "1@1: a b"},
      {"from the middle, by a verifier that was started anew", {shown(3, {"c", "d"})}, "1@3: c d"},
      {"from the middle, and then from the beginning",
       {shown(3, {"c"}), shown(1, {"a"})},
       "2@1: a"},
      {"something else from some step on",
       {shown(1, {"a", "b", "c"}), shown(2, {"x"})},
       "2@1: a x"},
      {"something else from the first step on",
       {shown(1, {"a", "b"}), shown(1, {"x"}), shown(2, {"y"})},
       "2@1: x y"},
  };
  for (const Case& each : cases) {
    INFO(each.name);
    Previews previews;
    for (const wire::ShownOutputs& taken : each.taken) previews.take(kAlice, taken);
    CHECK(short_of(previews) == each.then);
  }
}

TEST_CASE("a watcher gets what is newer than what it has") {
  Previews previews;
  previews.take(kAlice, shown(3, {"c", "d", "e"}));
  const std::pair<std::uint64_t, const char*> cases[] = {
      {0, "1@3: c d e"}, {2, "1@3: c d e"}, {3, "1@4: d e"}, {4, "1@5: e"},
      {5, "1@6:"},       {6, "1@6:"},       {4097, "1@6:"},  {UINT64_MAX, "1@6:"},
  };
  for (const auto& [after, then] : cases) {
    INFO(after);
    CHECK(short_of(previews, after) == then);
  }
  CHECK(short_of(previews, 0, kMallory) == "none");
}

TEST_CASE("what is kept has limits, and is given back") {
  Previews previews(3 << 20);
  const std::string block(4096, 'x');
  for (std::uint32_t step = 1; step <= 300; ++step) previews.take(kAlice, shown(step, {block}));
  std::optional<Preview> preview = previews.of(kJob, kAlice, 0);
  REQUIRE(preview);
  CHECK(preview->steps_done == 256);  // 1 MiB of one job
  for (int job = 0; job < 5; ++job) {
    for (std::uint32_t step = 1; step <= 256; ++step) {
      wire::ShownOutputs more = shown(step, {block});
      more.job = named(std::to_string(job));
      previews.take(kMallory, more);
    }
  }
  CHECK(previews.bytes() <= 3 << 20);
  CHECK(previews.bytes() > 2 << 20);
  CHECK_FALSE(previews.of(named("4"), kMallory, 0));

  previews.take(kMallory, shown(1, {"m"}));  // the job is another's now
  CHECK(short_of(previews) == "none");
  CHECK(short_of(previews, 0, kMallory) == "2@1: m");
  previews.keep([](const Digest& job, const Digest& provider) {
    return job == kJob && provider == kMallory;
  });
  CHECK(short_of(previews, 0, kMallory) == "2@1: m");
  CHECK(previews.bytes() < 64);
  previews.keep([](const Digest&, const Digest&) { return false; });
  CHECK(previews.bytes() == 0);
}

// A provider by hand: it polls with the heartbeats that a test makes.
class ByHand {
 public:
  ByHand(World& world, std::uint64_t seed) : world_(world) {
    SeededRandom random(seed);
    key_ = std::make_unique<SigningKey>(SigningKey::generate(random));
    wire::Registration registration;
    registration.provider = key_->public_key();
    registration.name = "by hand";
    registration.device_class = "cpu";
    REQUIRE(world.say(*key_, wire::registration_statement(registration)).ok());
  }

  Result<std::string> poll(std::vector<wire::ShownOutputs> outputs) {
    wire::Heartbeat beat;
    beat.seq = ++seq_;
    beat.sent = world_.clock.unix_now();
    beat.accepts_jobs = accepts;
    beat.outputs = std::move(outputs);
    return send(wire::statement_text(wire::heartbeat_statement(beat)));
  }
  Result<std::string> send(const std::string& payload) {
    return world_.service->poll(wire::seal(*key_, payload));
  }
  // Polls until the job is on offer, and takes it.
  void take(const Digest& job) {
    REQUIRE(world_.run_until([&] {
      const Result<std::string> reply = poll({});
      return reply.ok() && !wire::parse_poll_reply(reply.value()).value().offers.empty();
    }));
    wire::Acceptance acceptance;
    acceptance.job = job;
    acceptance.expected_end = world_.clock.unix_now() + 1000;
    REQUIRE(world_.say(*key_, wire::acceptance_statement(acceptance)).ok());
  }

  bool accepts = true;

 private:
  World& world_;
  std::unique_ptr<SigningKey> key_;
  std::uint64_t seq_ = 0;
};

Code code_of(const Result<wire::Json>& document) {
  REQUIRE_FALSE(document.ok());
  return document.error().code;
}

std::vector<wire::ShownOutputs> of_job(const Digest& job, std::uint32_t step, const char* text) {
  return {{job, step, {bytes_of(text)}}};
}

TEST_CASE("a renter sees what the provider of the job shows, until the job is over") {
  World world;
  ByHand alice(world, 1);
  const Digest job = world.order(world.gemm_order()).value();
  CHECK(code_of(world.service->preview(job.hex(), 0)) == Code::not_found);
  CHECK(code_of(world.service->preview(named("no job").hex(), 0)) == Code::not_found);
  CHECK(code_of(world.service->preview("no id", 0)) == Code::malformed);
  REQUIRE(alice.poll(of_job(job, 1, "early")).ok());
  alice.take(job);
  CHECK(code_of(world.service->preview(job.hex(), 0)) == Code::not_found);

  REQUIRE(alice.poll(of_job(job, 1, "one")).ok());
  REQUIRE(alice.poll(of_job(job, 2, "two")).ok());
  const wire::Json all = world.service->preview(job.hex(), 0).value();
  CHECK(all.find("job")->as_string() == job.hex());
  CHECK(all.find("begun")->as_u64() == 1);
  CHECK(all.find("step")->as_u64() == 1);
  CHECK(all.find("steps_done")->as_u64() == 2);
  CHECK(all.find("outputs")->dump() == "[\"b25l\",\"dHdv\"]");
  CHECK(world.service->preview(job.hex(), 1).value().find("outputs")->dump() == "[\"dHdv\"]");

  REQUIRE(world.say(world.renter(), wire::cancel_statement({job})).ok());
  CHECK(code_of(world.service->preview(job.hex(), 0)) == Code::not_found);
  REQUIRE(alice.poll(of_job(job, 3, "three")).ok());  // too late is no offence
  world.run_for(100);
  CHECK(code_of(world.service->preview(job.hex(), 0)) == Code::not_found);
  CHECK(world.check_everything().ok());
}

TEST_CASE("nobody shows anything of a job that is another's") {
  World world;
  ByHand alice(world, 1);
  const Digest job = world.order(world.gemm_order()).value();
  alice.take(job);
  REQUIRE(alice.poll(of_job(job, 1, "honest")).ok());
  ByHand mallory(world, 2);
  mallory.accepts = false;
  CHECK(mallory.poll(of_job(job, 1, "forged")).ok());  // a poll like any other
  CHECK(mallory.poll(of_job(job, 2, "forged")).ok());
  CHECK(mallory.poll(of_job(named("no job"), 1, "made up")).ok());
  const wire::Json preview = world.service->preview(job.hex(), 0).value();
  CHECK(preview.find("outputs")->dump() == "[\"aG9uZXN0\"]");
}

TEST_CASE("the preview of a provider whose time ran out goes, and the next one begins its own") {
  World world;
  ByHand alice(world, 1);
  wire::Order order = world.gemm_order();
  order.deadline_ms = 2'000;
  const Digest job = world.order(order).value();
  alice.take(job);
  alice.accepts = false;
  REQUIRE(alice.poll(of_job(job, 1, "slow")).ok());
  CHECK(world.service->preview(job.hex(), 0).ok());
  REQUIRE(world.run_until([&] { return world.job_status(job) == "open"; }));
  CHECK(code_of(world.service->preview(job.hex(), 0)) == Code::not_found);
  ByHand bob(world, 2);
  bob.take(job);
  REQUIRE(alice.poll(of_job(job, 2, "late")).ok());
  CHECK(code_of(world.service->preview(job.hex(), 0)) == Code::not_found);
  REQUIRE(bob.poll(of_job(job, 1, "bob's")).ok());
  CHECK(world.service->preview(job.hex(), 0).value().find("steps_done")->as_u64() == 1);
}

TEST_CASE("a job that is attested has a result and no preview, and nothing is logged of either") {
  World world;
  world.add_provider("alice");
  const Digest job = world.order(world.gemm_order()).value();
  REQUIRE(world.run_until([&] { return world.job_status(job) == "attested"; }));
  const Result<wire::Json> preview = world.service->preview(job.hex(), 0);
  REQUIRE_FALSE(preview.ok());
  CHECK(preview.error().code == Code::not_found);
  CHECK(preview.error().what.find("attested") != std::string::npos);
  const wire::Json events = world.service->events(0, 500).value();
  CHECK(events.dump().find("heartbeat") == std::string::npos);
}

TEST_CASE("a heartbeat that no delivery proof could hold is refused, and counts for nothing") {
  World world;
  ByHand alice(world, 1);
  wire::Heartbeat beat;
  beat.seq = 100;
  beat.sent = world.clock.unix_now();
  const std::string payload = wire::statement_text(wire::heartbeat_statement(beat));
  // The same claim, spelt with so many spaces that no slash for withholding could quote it.
  const Result<std::string> padded = alice.send(payload + std::string(12 * 1024, ' '));
  REQUIRE_FALSE(padded.ok());
  CHECK(padded.error().code == Code::malformed);
  CHECK(padded.error().what.find("16384") != std::string::npos);
  CHECK(alice.send(payload + " ").ok());
}

}  // namespace
}  // namespace assay::test
