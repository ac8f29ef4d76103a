#include "prover/execute.h"

#include "prover/checkpoints.h"
#include "tests/catch.h"
#include "tests/prover/fixture.h"

using namespace assay;
using namespace assay::prover;
using namespace assay::test;

TEST_CASE("A chain's trace holds the digest of every state, no outputs, and ends in the result") {
  const wire::WorkloadSpec spec = gemm_spec(1);
  const auto program = program_of(spec);
  const Engine engine(compute::CpuLevel::scalar, 1);
  std::vector<std::uint32_t> seen;
  RunOptions options;
  options.progress = [&](std::uint32_t step) { seen.push_back(step); };
  const auto run = run_job(*program, engine, options);
  REQUIRE(run.ok());
  REQUIRE(run.value().trace.size() == 7);
  CHECK(seen == std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6});

  compute::State state = program->start(engine).value();
  for (std::uint32_t step = 0; step <= 6; ++step) {
    if (step > 0) REQUIRE(program->advance(step, state, engine).ok());
    CHECK(run.value().trace[step].state == compute::state_digest(state));
    CHECK(run.value().trace[step].output == Digest{});
  }
  CHECK(run.value().result == compute::state_bytes(state));
  CHECK(run.value().result_digest == compute::result_digest(*program, run.value().result).value());
}

TEST_CASE("Independent units all carry the start state, and the result is the root of outputs") {
  const wire::WorkloadSpec spec = render_spec(1);
  const auto program = program_of(spec);
  const Execution run = honest_run(spec);
  REQUIRE(run.trace.size() == program->plan().steps + 1);
  CHECK(run.trace[0].output == Digest{});
  for (const wire::StepDigests& step : run.trace) CHECK(step.state == run.trace[0].state);
  CHECK(run.trace[1].output != run.trace[2].output);
  CHECK(run.result.size() == program->plan().result_bytes);
  CHECK(run.result_digest == compute::result_digest(*program, run.result).value());
}

TEST_CASE("A job that is cancelled stops before its next step") {
  const auto program = program_of(gemm_spec(1));
  const Engine engine(compute::CpuLevel::scalar, 1);
  std::atomic<bool> cancelled = false;
  std::uint32_t last = 0;
  RunOptions options;
  options.cancelled = &cancelled;
  options.progress = [&](std::uint32_t step) {
    last = step;
    cancelled = step == 2;
  };
  const auto run = run_job(*program, engine, options);
  REQUIRE(!run.ok());
  CHECK(run.error().code == Code::interrupted);
  CHECK(last == 2);
}

TEST_CASE("Checkpoints keep every c-th state within their budget, and survive damage") {
  TemporaryFolder folder;
  const auto program = program_of(gemm_spec(1));
  const compute::Plan& plan = program->plan();
  const std::uint64_t state_bytes = plan.result_bytes;
  struct Case {
    std::uint64_t budget;
    std::uint32_t interval;
  };
  for (const Case& c : {Case{6 * state_bytes, 1}, Case{3 * state_bytes, 2},
                        Case{2 * state_bytes, 3}, Case{state_bytes, 6}, Case{state_bytes - 1, 0}}) {
    CHECK(Checkpoints(folder / "states", plan, c.budget).interval() == c.interval);
  }

  Checkpoints kept(folder / "states", plan, 3 * state_bytes);
  const Engine engine(compute::CpuLevel::scalar, 1);
  RunOptions options;
  options.keeper = &kept;
  const Execution run = std::move(run_job(*program, engine, options)).value();
  CHECK(!kept.nearest(1).has_value());
  REQUIRE(kept.nearest(5).has_value());
  CHECK(kept.nearest(5)->index == 4);
  CHECK(compute::state_digest(kept.nearest(5)->state) == run.trace[4].state);
  std::filesystem::resize_file(folder / "states/4", 10);
  CHECK(kept.nearest(5)->index == 2);
  CHECK(Checkpoints(folder / "none", program_of(render_spec(1))->plan(), 1 << 30).interval() == 0);
}
