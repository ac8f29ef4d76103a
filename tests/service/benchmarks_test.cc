// Hardware rounds end to end: agents that are what they claim and agents that are not, in a world
// with one clock; and an agent of the test's own that is late, loses replies and lies.
#include "core/compute/benchmark.h"
#include "prover/benchmark.h"
#include "tests/catch.h"
#include "tests/sim/world.h"
#include "verifier/benchmark_check.h"

namespace assay::test {
namespace {

using wire::Json;

constexpr std::uint64_t kRate = 2'000'000;  // multiply-adds a second

std::vector<wire::Claim> claim_of(std::uint64_t rate) {
  return {{"cpu/gemm@1", wire::Part::gpu, rate}};
}

// An agent that claims one rate and has another.
void add_machine(World& world, const std::string& name, std::uint64_t claimed, std::uint64_t rate) {
  world.add_adjusted(name, [&world, claimed, rate](prover::AgentOptions& options) {
    options.profile.claims = claim_of(claimed);
    options.on_benchmark = [&world, rate](std::uint64_t ops) {
      world.pass_time(static_cast<std::int64_t>(ops * 1000 / rate));
    };
  });
}

std::vector<wire::Measurement> measurements(World& world, const std::string& name) {
  std::vector<wire::Measurement> found;
  const auto txn = world.store->read();
  const reputation::View view(*txn.value());
  const std::uint64_t size = view.head().value().size;
  for (std::uint64_t index = 0; index < size; ++index) {
    const Result<wire::Measurement> it =
        wire::parse_measurement(view.log(size).leaf(index).value().payload);
    if (it.ok() && it.value().provider == world.key_of(name)) found.push_back(it.value());
  }
  return found;
}

// The class of a provider's document; null when it is not there yet.
Json gemm_class(World& world, const std::string& name) {
  const Json document = world.provider(name);
  const Json* classes = document.find("classes");
  for (const Json& row : classes == nullptr ? Json::Array{} : classes->items()) {
    if (row.find("class")->as_string() == "cpu/gemm@1") return row;
  }
  return {};
}

std::string state_of(World& world, const std::string& name) {
  const Json row = gemm_class(world, name);
  return row.is_null() ? "" : row.find("performance_state")->as_string();
}

// An agent by hand: it says what the test wants, when the test wants.
class Hand {
 public:
  explicit Hand(World& world) : world_(world) {
    wire::Registration it;
    it.provider = key_.public_key();
    it.name = "hand";
    it.device_class = "cpu";
    it.claims = claim_of(kRate);
    REQUIRE(world.say(key_, wire::registration_statement(it)).ok());
  }

  // One poll; a lost reply is not looked at.
  wire::PollReply poll(std::optional<wire::BenchmarkAnswer> answer = {}, bool lost = false) {
    wire::Heartbeat beat;
    beat.nonce = last_.nonce;
    beat.handed = handed_;
    beat.seq = ++seq_;
    beat.sent = world_.clock.unix_now();
    beat.benchmark = std::move(answer);
    const Result<std::string> text = world_.service->poll(
        wire::seal(key_, wire::statement_text(wire::heartbeat_statement(beat))));
    REQUIRE(text.ok());
    const wire::PollReply reply = wire::parse_poll_reply(text.value()).value();
    for (const wire::Notice& notice : reply.notices) {
      notices += notice.kind + ": " + notice.detail + "\n";
    }
    if (lost) return reply;
    last_ = reply;
    handed_ = sha256(as_bytes(text.value()));
    return reply;
  }
  // Polls until there is a challenge.
  wire::Benchmark challenge(bool lose_it = false) {
    for (int i = 0; i < 2'000; ++i) {
      world_.pass_time(100);
      const wire::PollReply reply = poll({}, lose_it);
      if (reply.benchmark) return *reply.benchmark;
    }
    FAIL("no hardware round came");
    return {};
  }
  prover::BenchmarkRun run(const wire::Benchmark& task) {
    return prover::run_benchmark(task, key_.public_key(), engine_, nullptr, {}).value();
  }
  // From the answer to the end of the check.
  void finish(const wire::Benchmark& task, const std::vector<Digest>& results,
              const prover::BenchmarkRun& opened) {
    wire::BenchmarkAnswer answer{wire::benchmark_round(task, key_.public_key()), results, {}};
    const wire::PollReply reply = poll(answer);
    REQUIRE(reply.benchmark.has_value());
    REQUIRE(reply.benchmark->open.size() == task.links);
    const Bytes file =
        wire::opening_file(prover::open_benchmark(*reply.benchmark, opened, {}).value());
    answer.opening_blob = sha256(file);
    REQUIRE(world_.service->put_blob(answer.opening_blob, file).ok());
    CHECK_FALSE(poll(answer).benchmark.has_value());
    while (world_.service->run_replay()) {
    }
    poll();
  }
  std::vector<wire::Measurement> logged() {
    std::vector<wire::Measurement> found;
    const auto txn = world_.store->read();
    const reputation::View view(*txn.value());
    const std::uint64_t size = view.head().value().size;
    for (std::uint64_t index = 0; index < size; ++index) {
      const Result<wire::Measurement> it =
          wire::parse_measurement(view.log(size).leaf(index).value().payload);
      if (it.ok()) found.push_back(it.value());
    }
    return found;
  }

  std::string notices;

 private:
  World& world_;
  SigningKey key_ = SigningKey::from_seed(sha256(as_bytes("by hand")).view()).value();
  compute::Engine engine_;
  wire::PollReply last_;
  Digest handed_;
  std::uint64_t seq_ = 0;
};

}  // namespace

TEST_CASE("a machine that is what it claims is measured so, and one without claims never") {
  World world;
  add_machine(world, "honest", kRate, kRate * 21 / 20);
  world.add_provider("silent");
  REQUIRE(world.run_until([&] { return measurements(world, "honest").size() >= 6; }));
  for (const wire::Measurement& it : measurements(world, "honest")) {
    CHECK(it.parts.front().measured >= kRate * 9 / 10);
    CHECK(it.parts.front().claimed == kRate);
  }
  CHECK(measurements(world, "silent").empty());
  CHECK(state_of(world, "honest") == "measured");
  const std::uint64_t performance_ppm =
      gemm_class(world, "honest").find("performance_ppm")->as_u64().value();
  CHECK(performance_ppm > 900'000);
  CHECK(performance_ppm < 1'000'000);
  const Status sound = world.check_everything();
  CHECK((sound.ok() ? "" : sound.error().what) == "");
}

TEST_CASE("a machine half as fast as it claims loses the class, and its jobs go to others") {
  World world;
  add_machine(world, "boaster", 2 * kRate, kRate);
  world.add_provider("other");
  REQUIRE(world.run_until([&] { return state_of(world, "boaster") == "revoked"; }));
  CHECK(measurements(world, "boaster").size() == 3);
  for (const wire::Measurement& it : measurements(world, "boaster")) {
    CHECK(it.parts.front().measured <= 2 * kRate * 6 / 10);
  }
  CHECK(gemm_class(world, "boaster").find("performance_ppm")->as_u64() == 0U);

  const Result<Digest> wanted = world.order(world.gemm_order(), "boaster");
  REQUIRE(wanted.ok());
  world.run_for(8'000);
  CHECK(world.job_status(wanted.value()) == "open");
  const Result<Digest> any = world.order(world.gemm_order());
  REQUIRE(world.run_until([&] { return world.is_over(any.value()); }));
  CHECK(world.job_status(any.value()) == "settled");
  CHECK(world.slashes_of("boaster") == 0);
  const Status sound = world.check_everything();
  CHECK((sound.ok() ? "" : sound.error().what) == "");
}

TEST_CASE("a provider spends ten seconds of an hour on it at the most") {
  World world;
  add_machine(world, "alice", kRate, kRate);
  world.run_for(100'000);
  std::uint64_t spent_ms = 0;
  for (const wire::Measurement& it : measurements(world, "alice")) spent_ms += it.took_ms;
  CHECK(spent_ms >= 7'000);
  CHECK(spent_ms <= 10'000);
}

TEST_CASE("whoever is at work is not measured") {
  World world;
  add_machine(world, "alice", kRate, kRate);
  REQUIRE(world.run_until([&] { return !world.provider("alice").members().empty(); }));
  // Jobs without end, each there when the last is done.
  std::vector<Digest> jobs;
  for (int i = 0; i < 30; ++i) jobs.push_back(world.order(world.gemm_order()).value());
  const auto txn_size = [&] {
    return reputation::View(*world.store->read().value()).head().value().size;
  };
  REQUIRE(world.run_until(
      [&] {
        for (const Digest& job : jobs) {
          if (!world.is_over(job)) return false;
        }
        return true;
      },
      300'000));
  // Between acceptance and attestation of a job stands no measurement of its provider.
  const auto read = world.store->read();
  const reputation::View view(*read.value());
  const std::uint64_t size = txn_size();
  bool at_work = false;
  for (std::uint64_t index = 0; index < size; ++index) {
    const wire::Kind kind =
        wire::parse_statement(view.log(size).leaf(index).value().payload).value().kind;
    if (kind == wire::Kind::acceptance) at_work = true;
    if (kind == wire::Kind::attestation) at_work = false;
    if (kind == wire::Kind::measurement) CHECK_FALSE(at_work);
  }
}

TEST_CASE("time runs from the reply to the answer, and what the rows show decides") {
  World world;
  Hand hand(world);
  const wire::Benchmark task = hand.challenge();
  const prover::BenchmarkRun run = hand.run(task);
  world.pass_time(1'500);
  SECTION("a right answer is measured by its time") {
    hand.finish(task, run.results, run);
    REQUIRE(hand.logged().size() == 1);
    const wire::Measurement it = hand.logged().front();
    const std::uint64_t ops = compute::benchmark_ops(task).value();
    CHECK(it.took_ms == 1'500);
    CHECK(it.parts.front().measured == ops * 1000 / 1'500);
    CHECK(hand.notices.find("measurement: cpu/gemm@1: ") != std::string::npos);
  }
  SECTION("a wrong answer is none, and is told") {
    std::vector<Digest> results = run.results;
    results[1] = sha256(as_bytes("not this"));
    // It opens what it has, which is another state than it said.
    hand.finish(task, results, run);
    CHECK(hand.logged().empty());
    CHECK(hand.notices.find("benchmark: the answer to a hardware round of cpu/gemm@1 is wrong") !=
          std::string::npos);
    SECTION("a second one in a row counts as no answer in time") {
      const wire::Benchmark again = hand.challenge();
      const prover::BenchmarkRun more = hand.run(again);
      std::vector<Digest> wrong = more.results;
      wrong[0] = sha256(as_bytes("nor this"));
      hand.finish(again, wrong, more);
      REQUIRE(hand.logged().size() == 1);
      CHECK(hand.logged().front().parts.front().measured <= kRate / 9);
    }
    SECTION("a right one in between forgives it") {
      const wire::Benchmark again = hand.challenge();
      const prover::BenchmarkRun more = hand.run(again);
      hand.finish(again, more.results, more);
      CHECK(hand.logged().size() == 1);
      CHECK(hand.logged().front().parts.front().measured > kRate);
    }
  }
  CHECK(world.check_everything().ok());
}

TEST_CASE("without an answer, what is known of the delivery decides") {
  World world;
  Hand hand(world);
  SECTION("it saw the challenge and comes back without an answer: the deadline's rate") {
    hand.challenge();
    hand.poll();
    world.pass_time(10'100);
    REQUIRE(hand.logged().size() == 1);
    CHECK(hand.logged().front().took_ms == 10'000);
  }
  SECTION("the reply with the challenge was lost: nothing") {
    hand.challenge(true);
    world.pass_time(500);
    hand.poll();  // signs the reply before
    world.pass_time(30'000);
    CHECK(hand.logged().empty());
  }
  SECTION("it never came back: nothing") {
    hand.challenge();
    world.pass_time(60'000);
    CHECK(hand.logged().empty());
  }
  SECTION("we stood still meanwhile: nothing") {
    hand.challenge();
    hand.poll();
    world.clock.advance(5'000);
    world.pass_time(20'000);
    CHECK(hand.logged().empty());
  }
}

TEST_CASE("a round is checked by rows of every link, whatever of it was made up") {
  wire::Benchmark task;
  task.nonce = sha256(as_bytes("nonce"));
  task.number = 1;
  compute::size_benchmark(task, 5'000'000);
  const PublicKey who = SigningKey::from_seed(sha256(as_bytes("who")).view()).value().public_key();
  const compute::Engine engine;
  const prover::BenchmarkRun run = prover::run_benchmark(task, who, engine, nullptr, {}).value();
  SeededRandom random(1);
  task.open = verifier::draw_benchmark_rows(task, {}, random).value();
  const wire::Opening good = prover::open_benchmark(task, run, {}).value();
  const auto judged = [&](const std::vector<Digest>& results, const wire::Opening& opening) {
    return verifier::check_benchmark(task, who, results, opening, {}, engine);
  };
  CHECK(judged(run.results, good).outcome == wire::Outcome::match);
  CHECK(judged({run.results.begin(), run.results.end() - 1}, good).outcome ==
        wire::Outcome::mismatch);

  wire::Opening bent = good;
  bent.parts[2].data[5] ^= 1;
  CHECK(judged(run.results, bent).outcome == wire::Outcome::mismatch);
  bent = good;
  bent.parts.pop_back();
  CHECK(judged(run.results, bent).outcome == wire::Outcome::mismatch);
  bent = good;
  std::swap(bent.parts[0], bent.parts[1]);
  CHECK(judged(run.results, bent).outcome == wire::Outcome::mismatch);

  // The work of one link left out: its states are the start's, honestly committed to and opened.
  for (std::uint32_t link = 1; link <= task.links; ++link) {
    prover::BenchmarkRun lazy = run;
    Digest last;
    for (std::uint32_t i = 1; i <= task.links; ++i) {
      const auto program = compute::benchmark_link(task, run.round, last, {});
      compute::State state = program.value()->start(engine).value();
      const std::uint32_t steps = i == link ? 1 : program.value()->plan().steps;
      for (std::uint32_t step = 1; step <= steps; ++step) {
        REQUIRE(program.value()->advance(step, state, engine).ok());
      }
      last = compute::state_digest(state);
      lazy.results[i - 1] = last;
      lazy.states[i - 1] = state;
    }
    const wire::Opening opened = prover::open_benchmark(task, lazy, {}).value();
    const verifier::BenchmarkReport report = judged(lazy.results, opened);
    INFO(report.detail);
    CHECK(report.outcome == wire::Outcome::mismatch);
    CHECK(report.detail.find("of link " + std::to_string(link)) != std::string::npos);
  }
}

TEST_CASE("rounds of any rate are within what a job may be, and take about a second") {
  for (std::uint64_t rate = 1; rate <= 4'000'000'000'000'000; rate = rate * 7 / 2 + 1) {
    wire::Benchmark task;
    compute::size_benchmark(task, rate);
    const auto program = compute::benchmark_link(task, {}, {}, {});
    INFO("rate " << rate << (program.ok() ? "" : program.error().what));
    REQUIRE(program.ok());
    const std::uint64_t ops = compute::benchmark_ops(task).value();
    if (rate >= 100'000) CHECK(ops <= rate);
    if (rate >= 100'000 && rate <= 200'000'000'000'000) CHECK(ops >= rate / 2);
  }
}

}  // namespace assay::test
