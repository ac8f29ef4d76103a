#include "prover/execute.h"
#include "tests/bench/bench.h"
#include "tests/bench/jobs.h"
#include "tests/bench/timing.h"

namespace assay::bench {
namespace {

using compute::Engine;
using compute::Program;
using compute::Shape;

// The result of the same steps, and nothing else.
Result<Bytes> run_bare(const Program& program, const Engine& engine) {
  const compute::Plan& plan = program.plan();
  Result<compute::State> state = program.start(engine);
  if (!state.ok()) return state.error();
  Bytes result;
  if (plan.shape == Shape::independent) result.reserve(plan.result_bytes);
  for (std::uint32_t step = 1; step <= plan.steps; ++step) {
    if (plan.shape == Shape::chained) {
      if (Status moved = program.advance(step, state.value(), engine); !moved.ok()) {
        return moved.error();
      }
      continue;
    }
    const Result<compute::Tensor> output = program.unit(step, engine);
    if (!output.ok()) return output.error();
    append(result, output.value().data);
  }
  return plan.shape == Shape::chained ? compute::state_bytes(state.value()) : result;
}

Result<Row> measure(const Options& options, const Result<Job>& made) {
  if (!made.ok()) return made.error();
  const Program& program = *made.value().program;
  Row row{.bench = "attest", .name = made.value().name, .peer = "the same steps, no digests"};
  options.say("attest: " + row.name);
  const Engine engine;
  Result<prover::Execution> attested = prover::run_job(program, engine);
  Result<Bytes> bare = run_bare(program, engine);
  if (!attested.ok()) return attested.error().in(row.name);
  if (!bare.ok()) return bare.error().in(row.name);
  const Result<Digest> digest = compute::result_digest(program, bare.value());
  row.correct = digest.ok() && digest.value() == attested.value().result_digest &&
                attested.value().result == bare.value() &&
                attested.value().trace.size() == program.plan().steps + std::size_t{1};
  row.unit = "ms";
  if (!row.correct) {
    row.note = "the attested run and the bare one have other results";
    return row;
  }
  set_millis(row, time_both(
                      options, [&] { attested = prover::run_job(program, engine); },
                      [&] { bare = run_bare(program, engine); }));
  return row;
}

}  // namespace

Result<Rows> attest(const Options& options) {
  std::vector<Result<Job>> jobs;
  if (options.quick) {
    jobs.push_back(gemm_job({64, 256, 4}));
    jobs.push_back(render_job(96, 64, 1));
  } else {
    jobs.push_back(gemm_job({256, 256, 8}));
    jobs.push_back(gemm_job({1024, 1024, 4}));
    jobs.push_back(gemm_job({1024, 1024, 1, 8}));
    jobs.push_back(gemm_job({2048, 2048, 2}));
    jobs.push_back(gemm_job({2048, 2048, 1, 8}));
    jobs.push_back(render_job(256, 192, 4));
  }
  Rows rows;
  for (const Result<Job>& job : jobs) {
    Result<Row> row = measure(options, job);
    if (!row.ok()) return row.error();
    rows.push_back(std::move(row).value());
  }
  return rows;
}

}  // namespace assay::bench
