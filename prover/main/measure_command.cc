#include <algorithm>

#include "core/wire/json.h"
#include "prover/benchmark.h"
#include "prover/main/commands.h"

namespace assay::prover {
namespace {

constexpr std::uint64_t kFirstGuess = 100'000'000;
constexpr std::int64_t kLongEnoughMs = 500;
constexpr int kRoundsMax = 8;
constexpr std::uint64_t kClaimPercent = 90;  // the way there and back takes its part

// One round for a machine of that rate, as a verifier would hand it out; how fast it was.
struct Round {
  std::uint64_t rate = 0;
  std::int64_t took_ms = 0;
};
Result<Round> measure(std::uint64_t rate, const compute::Engine& engine,
                      const std::shared_ptr<const compute::cuda::Device>& device) {
  wire::Benchmark benchmark;
  system_random().fill(benchmark.nonce.bytes);
  compute::size_benchmark(benchmark, rate);
  const Result<std::uint64_t> ops = compute::benchmark_ops(benchmark);
  if (!ops.ok()) return ops.error();
  const SteadyMillis began = system_clock().steady_now();
  const Result<BenchmarkRun> run = run_benchmark(benchmark, {}, engine, device, {});
  if (!run.ok()) return run.error();
  const std::int64_t took = std::max<std::int64_t>(system_clock().steady_now() - began, 1);
  return Round{compute::saturating_mul(ops.value(), 1000) / static_cast<std::uint64_t>(took), took};
}

}  // namespace

int measure_command(const EngineOptions& options, Console& console) {
  const Result<unsigned> threads = engine_threads(options);
  if (!threads.ok()) return console.error(threads.error());
  const auto device = choose_device(options, console);
  if (!device.ok()) return console.error(device.error());
  const compute::Engine engine(compute::best_cpu_level(), threads.value());
  Round round{kFirstGuess, 0};
  for (int i = 0; i < kRoundsMax && round.took_ms < kLongEnoughMs; ++i) {
    const Result<Round> again = measure(round.rate, engine, device.value());
    if (!again.ok()) return console.error(again.error());
    round = again.value();
  }
  const std::uint64_t claim = round.rate / 100 * kClaimPercent;
  console.result("multiply-adds a second  " + std::to_string(round.rate) +
                     "\nsafe to claim           --claim " + std::to_string(claim),
                 wire::Json::object({{"ops_per_second", wire::u64_text(round.rate)},
                                     {"claim", wire::u64_text(claim)}}));
  return 0;
}

}  // namespace assay::prover
