// Our failures cost nobody: workers that die or lie, stores that are full or break in the middle of
// a commit, blobs that cannot be read or written, a service that stands still. Whatever it is, in
// the end every provider stands exactly where it stands when nothing fails.
#include "reputation/policy/uptime.h"
#include "tests/catch.h"
#include "tests/service/flaky.h"
#include "tests/service/standing.h"
#include "tests/sim/world.h"
#include "verifier/service/audits.h"

namespace assay::test {
namespace {

using prover::Misbehave;
using verifier::ReplayAnswer;
using verifier::ReplayRunner;
using verifier::ReplayTask;

// Jobs one after the other, each until it is over.
void do_jobs(World& world, int count) {
  for (int i = 0; i < count; ++i) {
    const Result<Digest> job = world.order(world.gemm_order());
    REQUIRE(job.ok());
    REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
    CHECK(world.job_status(job.value()) == "settled");
  }
}

Standing clean_standing(int jobs) {
  World world;
  world.add_provider("alice");
  REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
  do_jobs(world, jobs);
  return standing(world, "alice");
}

// A runner whose first `times` replays go wrong as `wrong` says; after that the real one.
ReplayRunner failing_runner(int times, std::function<ReplayAnswer(const ReplayTask&)> wrong) {
  const wire::Policy policy = wire::demo_policy();
  ReplayRunner real = verifier::local_runner(policy, {});
  auto left = std::make_shared<int>(times);
  return [=](const ReplayTask& task, const compute::InputSource& inputs) {
    return (*left)-- > 0 ? wrong(task) : real(task, inputs);
  };
}

TEST_CASE("replays that fail for our reasons cost nobody, and are repeated until they work") {
  const Standing clean = clean_standing(3);
  REQUIRE(clean.passes == 3);
  World* running = nullptr;
  const struct {
    const char* name;
    int times;
    std::function<ReplayAnswer(const ReplayTask&)> wrong;
  } rows[] = {
      {"a worker that is killed once", 1, [](const ReplayTask&) { return ReplayAnswer{}; }},
      {"workers that are killed until the log hears of it", 7,
       [](const ReplayTask&) { return ReplayAnswer{}; }},
      {"a replay that takes too long", 4,
       [&](const ReplayTask&) {
         running->clock.advance(20'000);
         return ReplayAnswer{};
       }},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    World world({.seed = 1,
                 .policy = wire::demo_policy(),
                 .replay = failing_runner(row.times, row.wrong),
                 .start_service = true});
    running = &world;
    world.add_provider("alice");
    REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
    do_jobs(world, 3);
    CHECK(standing(world, "alice") == clean);
    CHECK(world.check_everything().ok());
  }
}

TEST_CASE("a worker that sees a difference convicts nobody: the scalar definition decides") {
  std::optional<ReplayTask> seen;
  const ReplayRunner watching = [&](const ReplayTask& task, const compute::InputSource&) {
    seen = task;
    return ReplayAnswer{};
  };
  wire::Policy policy = wire::demo_policy();
  policy.standard.steps = 64;  // all of the job: skipped ones are among them
  for (const bool honest : {true, false}) {
    INFO((honest ? "an honest provider" : "one that skips steps"));
    World world({.seed = 1, .policy = policy, .replay = watching, .start_service = true});
    world.add_provider("alice", honest ? std::optional<Misbehave>{} : Misbehave::skip_steps);
    REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
    REQUIRE(world.order(world.gemm_order()).ok());
    seen.reset();
    REQUIRE(world.run_until([&] { return seen.has_value(); }));
    const compute::InputSource no_inputs = [](const wire::Input&) {
      return Result<Bytes>(fail(Code::not_found, "this job has no inputs"));
    };
    const auto program = compute::load_program(seen->spec, no_inputs);
    REQUIRE(program.ok());
    REQUIRE_FALSE(seen->scope.positions.empty());
    REQUIRE_FALSE(seen->scope.rows.empty());
    int mismatches = 0;
    for (const std::uint32_t step : seen->scope.positions) {
      for (const std::uint64_t row : seen->scope.rows) {
        const wire::Outcome outcome =
            verifier::convict(*program.value(), seen->trace, seen->opening, step, row);
        if (honest) CHECK(outcome == wire::Outcome::match);
        mismatches += outcome == wire::Outcome::mismatch ? 1 : 0;
      }
    }
    CHECK((mismatches > 0) == !honest);
  }
}

// The service on a disk that survives it.
struct Machine {
  Trouble trouble;
  Disk disk = make_disk();
  World world;

  explicit Machine(ReplayRunner replay = {}, wire::Policy policy = wire::demo_policy())
      : world({.seed = 1,
               .policy = std::move(policy),
               .replay = std::move(replay),
               .start_service = false}) {
    world.blobs = make_flaky_blobs(trouble);
    boot();
  }
  ~Machine() { world.stop_service(); }

  // As the operator's supervisor would after exit code 75.
  void boot() {
    world.stop_service();
    world.store = open_disk(disk, trouble);
    world.restart_service();
  }
  bool run_until(const std::function<bool()>& done) {
    return world.run_until([&] {
      if (world.service->failed()) boot();
      return done();
    });
  }
  Digest order_surely(const wire::Order& order) {
    Result<Digest> job = world.order(order);
    while (!job.ok()) {
      REQUIRE(job.error().code == Code::storage);
      if (world.service->failed()) boot();
      world.run_for(100);
      job = world.order(order);
    }
    return job.value();
  }
};

TEST_CASE("a service that breaks off at any commit goes on where it was, at nobody's cost") {
  const Standing clean = clean_standing(1);
  const struct {
    const char* name;
    std::optional<Misbehave> cheat;
    bool is_slashed;
    std::uint64_t commits;  // how many are tried
  } rows[] = {{"an honest provider", {}, false, 14},
              {"one that skips steps", Misbehave::skip_steps, true, 14}};
  for (const auto& row : rows) {
    for (std::uint64_t at = 1; at <= row.commits; ++at) {
      for (const bool commit_works : {false, true}) {
        INFO(row.name << ", commit " << at << (commit_works ? " done" : " undone"));
        Machine machine;
        World& world = machine.world;
        world.add_provider("alice", row.cheat);
        machine.trouble.commit_works = commit_works;
        machine.trouble.fail_commit_at = machine.trouble.commits + at;
        const wire::Order order = world.gemm_order();
        const Digest job = machine.order_surely(order);
        REQUIRE(machine.run_until([&] { return world.is_over(job); }));
        REQUIRE(machine.run_until([&] {
          return machine.trouble.commits > machine.trouble.fail_commit_at &&
                 world.slashes_of("alice") == (row.is_slashed ? 1 : 0);
        }));
        if (row.is_slashed) {
          CHECK(world.trust_ppm("alice") == 0);
        } else {
          CHECK(standing(world, "alice") == clean);
        }
        CHECK(world.check_everything().ok());
      }
    }
  }
}

TEST_CASE("a store or blobs that refuse for longer than any deadline cost nobody") {
  const Standing clean = clean_standing(1);
  const struct {
    const char* name;
    bool Trouble::*what;
  } faults[] = {{"the store is full", &Trouble::store_full},
                {"blobs cannot be written", &Trouble::blobs_unwritable},
                {"blobs cannot be read", &Trouble::blobs_unreadable}};
  for (const char* stage : {"open", "attested"}) {
    for (const auto& fault : faults) {
      INFO(fault.name << " from the moment that the job is " << stage);
      Machine machine;
      World& world = machine.world;
      world.add_provider("alice");
      REQUIRE(world.run_until([&] { return is_registered(world, "alice"); }));
      wire::Order order = world.gemm_order();
      order.deadline_ms = 5'000;
      const Result<Digest> job = world.order(order);
      REQUIRE(job.ok());
      REQUIRE(world.run_until([&] { return world.job_status(job.value()) == stage; }));
      machine.trouble.*fault.what = true;
      world.run_for(30'000);
      machine.trouble.*fault.what = false;
      // A job whose deadline passed meanwhile is somebody else's, and nobody's fault.
      world.add_provider("bob");
      REQUIRE(world.run_until([&] { return world.is_over(job.value()); }));
      CHECK(world.job_status(job.value()) == "settled");
      const Standing of_alice = standing(world, "alice");
      CHECK((of_alice == clean || of_alice == Standing{}));
      CHECK((of_alice == clean) != (standing(world, "bob") == clean));
      CHECK(world.check_everything().ok());
    }
  }
}

TEST_CASE("openings that came late are judged, whatever breaks on our side meanwhile") {
  const auto fails_at_first = failing_runner(4, [](const ReplayTask&) { return ReplayAnswer{}; });
  for (const bool replay_fails : {false, true}) {
    INFO((replay_fails ? "and the replay fails at first" : "and nothing breaks"));
    wire::Policy impatient = wire::demo_policy();
    impatient.openings_asked_max = 1;
    Machine machine(replay_fails ? fails_at_first : ReplayRunner{}, impatient);
    World& world = machine.world;
    world.add_provider("late", Misbehave::withhold_when_sampled);
    const Digest job = machine.order_surely(world.gemm_order());
    REQUIRE(machine.run_until([&] { return world.slashes_of("late") == 1; }));
    CHECK(world.trust_ppm("late") == 0);
    world.add_provider("late");  // thinks better of it, and answers what its journal holds
    REQUIRE(machine.run_until([&] { return world.job_status(job) == "settled"; }));
    Standing clean = clean_standing(1);
    CHECK(standing(world, "late") == clean);
    CHECK(world.check_everything().ok());
  }
}

TEST_CASE("a provider is down when it is down, and not when we are") {
  World world;
  world.add_provider("alice");
  world.add_provider("bob");
  REQUIRE(world.run_until(
      [&] { return is_registered(world, "alice") && is_registered(world, "bob"); }));
  const auto missed = [&](const std::string& name) {
    std::uint32_t count = 0;
    const Bytes bytes = provider_row(world, name).uptime;
    const Result<reputation::UptimeHistory> history = reputation::parse_uptime_bytes(bytes);
    for (const reputation::UptimeWindow& window : history.value().windows) {
      count += window.asked - window.answered;
    }
    return count;
  };
  world.run_for(10'000);
  CHECK(missed("alice") == 0);
  CHECK(missed("bob") == 0);
  // We stand still: nobody could have answered.
  for (int i = 0; i < 5; ++i) {
    world.clock.advance(30'000);
    world.run_for(2'500);
  }
  world.restart_service();
  world.run_for(10'000);
  CHECK(missed("alice") == 0);
  CHECK(missed("bob") == 0);
  world.drop_agent("bob");
  world.run_for(20'000);
  CHECK(missed("alice") == 0);
  CHECK(missed("bob") > 5);
  CHECK(world.slashes_of("bob") == 0);
  CHECK(world.check_everything().ok());
}

}  // namespace
}  // namespace assay::test
