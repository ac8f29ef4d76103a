#include "prover/execute.h"

#include <array>

#include "tests/bench/bench.h"
#include "tests/bench/jobs.h"
#include "tests/bench/text_models.h"
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
  std::vector<compute::State> states;  // appended
  Bytes result;
  if (plan.shape != Shape::chained) result.reserve(plan.result_bytes);
  for (std::uint32_t step = 1; step <= plan.steps; ++step) {
    if (plan.shape == Shape::chained) {
      if (Status moved = program.advance(step, state.value(), engine); !moved.ok()) {
        return moved.error();
      }
      continue;
    }
    if (plan.shape == Shape::appended) {
      Result<compute::Added> added = program.append_step(step, states, engine);
      if (!added.ok()) return added.error();
      append(result, added.value().output.data);
      states.push_back(std::move(added).value().state);
      continue;
    }
    const Result<compute::Tensor> output = program.unit(step, engine);
    if (!output.ok()) return output.error();
    append(result, output.value().data);
  }
  return plan.shape == Shape::chained ? compute::state_bytes(state.value()) : result;
}

Row row_of(const Options& options, const Job& job, const char* peer) {
  Row row{.bench = "attest", .name = job.name, .peer = peer, .unit = "ms"};
  options.say("attest: " + row.name + ", against " + peer);
  return row;
}

Result<Row> measure(const Options& options, const Result<Job>& made) {
  if (!made.ok()) return made.error();
  const Program& program = *made.value().program;
  Row row = row_of(options, made.value(), "the same steps, no digests");
  const Engine engine;
  Result<prover::Execution> attested = prover::run_job(program, engine);
  Result<Bytes> bare = run_bare(program, engine);
  if (!attested.ok()) return attested.error().in(row.name);
  if (!bare.ok()) return bare.error().in(row.name);
  const Result<Digest> digest = compute::result_digest(program, bare.value());
  row.correct = digest.ok() && digest.value() == attested.value().result_digest &&
                attested.value().result == bare.value() &&
                attested.value().trace.size() == program.plan().steps + std::size_t{1};
  if (!row.correct) {
    row.note = "the attested run and the bare one have other results";
    return row;
  }
  set_millis(row, time_both(
                      options, [&] { attested = prover::run_job(program, engine); },
                      [&] { bare = run_bare(program, engine); }));
  return row;
}

// Texts, besides: against what generates them without any states to commit.
Result<Row> measure_texts(const Options& options, const TextModel& model, const TextSize& size) {
  const Result<Job> made = text_job(model, size);
  if (!made.ok()) return made.error();
  const Program& program = *made.value().program;
  Row row = row_of(options, made.value(), "one cache, no states");
  const Engine engine;
  Result<prover::Execution> attested = prover::run_job(program, engine);
  auto plain = plain_texts(model, size, engine);
  if (!attested.ok()) return attested.error().in(row.name);
  if (!plain.ok()) return plain.error().in(row.name);
  row.correct = choices(program, attested.value().result) == plain.value();
  if (!row.correct) {
    row.note = "the attested run and the plain one choose other tokens";
    return row;
  }
  set_millis(row, time_both(
                      options, [&] { attested = prover::run_job(program, engine); },
                      [&] { plain = plain_texts(model, size, engine); }));
  return row;
}

bool is_asked(const Options& options, const Result<Job>& job) {
  return !job.ok() || job.value().name.find(options.only) != std::string::npos;
}

Status add_texts(const Options& options, const TextModel& model, const std::vector<TextSize>& sizes,
                 Rows& rows) {
  for (const TextSize& size : sizes) {
    if (!is_asked(options, text_job(model, size))) continue;
    for (Result<Row>& row :
         std::array{measure(options, text_job(model, size)), measure_texts(options, model, size)}) {
      if (!row.ok()) return row.error();
      rows.push_back(std::move(row).value());
    }
  }
  return {};
}

std::vector<Result<Job>> jobs(bool quick) {
  std::vector<Result<Job>> jobs;
  if (quick) {
    jobs.push_back(gemm_job({64, 256, 4}));
    jobs.push_back(render_job(96, 64, 1));
    jobs.push_back(transformer_job(2, true));
    jobs.push_back(lattice_job({16, 16, 16}, 2, 4));
    jobs.push_back(bodies_job(128, 2));
    return jobs;
  }
  jobs.push_back(gemm_job({256, 256, 8}));
  jobs.push_back(gemm_job({1024, 1024, 4}));
  jobs.push_back(gemm_job({1024, 1024, 1, 8}));
  jobs.push_back(gemm_job({2048, 2048, 2}));
  jobs.push_back(gemm_job({2048, 2048, 1, 8}));
  jobs.push_back(gemm_job({4096, 4096, 2}));
  jobs.push_back(gemm_job({4096, 4096, 1, 8}));
  jobs.push_back(render_job(256, 192, 4));
  jobs.push_back(transformer_job(8, false));
  jobs.push_back(mlp_job(8, 1, 64));
  jobs.push_back(mlp_job(8, 32, 64));
  jobs.push_back(mlp_job(8, 1, 1024));
  jobs.push_back(mlp_job(8, 2, 1024));
  jobs.push_back(lattice_job({64, 64, 64}, 8, 48));
  jobs.push_back(lattice_job({64, 64, 64}, 8, 64));
  jobs.push_back(bodies_job(2048, 8));
  return jobs;
}

}  // namespace

Result<Rows> attest(const Options& options) {
  Rows rows;
  for (const Result<Job>& job : jobs(options.quick)) {
    if (!is_asked(options, job)) continue;
    Result<Row> row = measure(options, job);
    if (!row.ok()) return row.error();
    rows.push_back(std::move(row).value());
  }
  const Result<TextModel> model = folder_model(options);
  if (!model.ok()) return model.error();
  const std::uint32_t tokens = options.quick ? 12 : 128;
  Status status = add_texts(options, model.value(), {{1, tokens}, {4, tokens}}, rows);
  if (status.ok()) {
    const TextModel random = random_model(large_config(options.quick), options.seed);
    status = add_texts(options, random, {{1, tokens}}, rows);
  }
  if (!status.ok()) return status.error();
  return rows;
}

}  // namespace assay::bench
