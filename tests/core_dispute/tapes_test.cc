// Every workload's tape is its step, and whoever lied about any operation of it is convicted.
#include "core/compute/gemm/gemm_tape.h"
#include "tests/catch.h"
#include "tests/core_dispute/lab.h"

namespace assay::test {
namespace {

using namespace compute;

TEST_CASE("a tape ends with the state and the output that the program gives, bit for bit") {
  const Engine engine;
  for (const NamedJob& job : disputed_jobs()) {
    const Honest& honest = run_of(job);
    for (std::uint32_t step = 0; step <= job.program->plan().steps; ++step) {
      INFO(job.name << ", step " << step);
      const Result<Tape> tape = tape_of(*job.program, step, engine);
      REQUIRE(tape.ok());
      TapeRun run(tape.value(), honest.source(), engine);
      const Result<State> state = run.state();
      INFO((state.ok() ? "" : state.error().what));
      REQUIRE(state.ok());
      CHECK(shape_of(state.value()) == shape_of(honest.states[step]));
      CHECK((state.value() == honest.states[step]));
      CHECK((run.output().value() == honest.outputs[step]));
    }
    CHECK_FALSE(tape_of(*job.program, job.program->plan().steps + 1, engine).ok());
  }
}

TEST_CASE("weights that do not fit at once come in blocks, and give the same state") {
  const Engine engine;
  const NamedJob& job = disputed_jobs()[0];
  const Honest& honest = run_of(job);
  const DeviceJob parts = job.program->device_job();
  std::size_t operations = 0;
  for (const std::uint64_t bytes : {1U, 70U, 1000U, 4899U, 4900U}) {
    INFO(bytes << " bytes of weights at once");
    const Tape tape = gemm_tape(job.program->plan(), *parts.gemm, *parts.tensors, 2, bytes);
    for (const Operation& operation : tape.operations) {
      if (operation.name == "weights")
        CHECK(operation.shape.bytes() <= std::max<std::uint64_t>(bytes, 70));
    }
    CHECK((operations == 0 || tape.operations.size() < operations || bytes == 70));
    operations = tape.operations.size();
    TapeRun run(tape, honest.source(), engine);
    CHECK((run.state().value() == honest.states[2]));
  }
  CHECK(operations == tape_of(*job.program, 2, engine).value().operations.size());
}

TEST_CASE("an honest challenger convicts whoever lied, at every operation, within eight answers") {
  SeededRandom random(7);
  const Engine engine;
  for (const NamedJob& job : disputed_jobs()) {
    const Honest& honest = run_of(job);
    const std::uint32_t step = job.program->plan().steps;
    const Tape tape = tape_of(*job.program, step, engine).value();
    const std::size_t stride = tape.operations.size() / 60 + 1;
    std::uint32_t most = 0;
    for (std::uint32_t at = 0; at < tape.operations.size();
         at += static_cast<std::uint32_t>(stride)) {
      INFO(job.name << ", operation " << at << ": " << tape.operations[at].name);
      const std::uint64_t element = random.below(tape.operations[at].shape.elements());
      const Played played = play(honest, bent_claim(honest, step, at, element), step);
      INFO(played.problem);
      REQUIRE(played.over);
      CHECK(played.provider_lied);
      most = std::max(most, played.answers);
    }
    CHECK(most <= kAnswersMax);
  }
}

TEST_CASE("a claim that its own tape does not end with is convicted") {
  for (const NamedJob& job : disputed_jobs()) {
    const Honest& honest = run_of(job);
    for (const std::uint32_t step : {std::uint32_t{0}, job.program->plan().steps}) {
      INFO(job.name << ", step " << step);
      Claim claim = honest_claim(honest, step);
      claim.state.back().data.back() ^= 1;
      claim.trace[step].state = state_digest(claim.state);
      const Played played = play(honest, claim, step);
      INFO(played.problem);
      REQUIRE(played.over);
      CHECK(played.provider_lied);
      if (claim.output.empty()) continue;
      Claim other = honest_claim(honest, step);
      other.output[0].data[0] ^= 1;
      other.trace[step].output = state_digest(other.output);
      CHECK(play(honest, other, step).provider_lied);
    }
  }
}

}  // namespace
}  // namespace assay::test
