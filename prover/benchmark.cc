#include "prover/benchmark.h"

#include <optional>

namespace assay::prover {

using compute::Program;
using compute::State;

Result<BenchmarkRun> run_benchmark(const wire::Benchmark& benchmark, const PublicKey& provider,
                                   const compute::Engine& engine,
                                   const std::shared_ptr<const compute::cuda::Device>& device,
                                   const compute::Caps& caps, const std::atomic<bool>* cancelled) {
  if (const auto ops = compute::benchmark_ops(benchmark); !ops.ok()) return ops.error();
  BenchmarkRun run;
  run.round = wire::benchmark_round(benchmark, provider);
  Digest last;
  for (std::uint32_t link = 1; link <= benchmark.links; ++link) {
    Result<std::unique_ptr<Program>> program =
        compute::benchmark_link(benchmark, run.round, last, caps);
    if (program.ok() && device != nullptr) {
      program = compute::cuda::on_device(std::move(program).value(), device);
    }
    if (!program.ok()) return program.error();
    Result<State> state = program.value()->start(engine);
    if (!state.ok()) return state.error().in("benchmark");
    for (std::uint32_t step = 1; step <= program.value()->plan().steps; ++step) {
      if (cancelled != nullptr && cancelled->load()) {
        return fail(Code::interrupted, "the benchmark was stopped before it was done");
      }
      const Status moved = program.value()->advance(step, state.value(), engine);
      if (!moved.ok()) return moved.error().in("benchmark");
    }
    last = compute::state_digest(state.value(), engine);
    run.results.push_back(last);
    run.states.push_back(std::move(state).value());
  }
  return run;
}

Result<wire::Opening> open_benchmark(const wire::Benchmark& benchmark, const BenchmarkRun& run,
                                     const compute::Caps& caps) {
  const auto program = compute::benchmark_link(benchmark, run.round, {}, caps);
  if (!program.ok()) return program.error();
  const compute::Plan& plan = program.value()->plan();
  for (const wire::LinkRows& open : benchmark.open) {
    if (open.link > run.states.size() || open.rows.back() >= plan.rows) {
      return fail(Code::malformed, "benchmark: there is no such row to open");
    }
  }
  wire::Opening opening;
  std::optional<compute::StateTree> tree;
  std::uint32_t tree_of = 0;
  for (const compute::PartRef& part : compute::benchmark_parts(benchmark, plan)) {
    const State& state = run.states[part.state - 1];
    if (!tree || tree_of != part.state) tree.emplace(state);
    tree_of = part.state;
    wire::OpenedPart opened;
    opened.state = part.state;
    opened.leaf = part.leaf;
    opened.data = compute::leaf_data(state, part.leaf);
    opened.path = tree->path(part.leaf);
    opening.parts.push_back(std::move(opened));
  }
  return opening;
}

}  // namespace assay::prover
