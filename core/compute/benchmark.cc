#include "core/compute/benchmark.h"

#include <algorithm>
#include <array>

#include "core/compute/gemm/gemm_inputs.h"

namespace assay::compute {
namespace {

struct Size {
  std::uint32_t rows;
  std::uint32_t cols;
  constexpr std::uint64_t ops() const { return std::uint64_t{rows} * cols * cols; }  // of a step
};
// Ascending. Many rows over few columns: weights are made once for all rows, so that whoever
// follows some rows pays little for them. The largest is the most that a step may have.
constexpr std::array<Size, 7> kSizes{
    {{16, 32}, {32, 64}, {64, 128}, {128, 256}, {512, 512}, {2048, 1024}, {16000, 1024}}};
constexpr std::uint64_t kStepsMin = 4;  // of a link, where a smaller size has more

}  // namespace

void size_benchmark(wire::Benchmark& benchmark, std::uint64_t ops_per_second) {
  Size size = kSizes.front();
  for (const Size& it : kSizes) {
    if (it.ops() * kBenchmarkLinks * kStepsMin <= ops_per_second) size = it;
  }
  const std::uint64_t steps =
      std::clamp<std::uint64_t>(ops_per_second / (size.ops() * kBenchmarkLinks), 1, kStepsMax);
  benchmark.workload = "gemm";
  benchmark.version = 1;
  benchmark.links = kBenchmarkLinks;
  benchmark.parameters = wire::Json::object({{"rows", size.rows},
                                             {"cols", size.cols},
                                             {"steps", static_cast<std::uint32_t>(steps)},
                                             {"weights", "philox"}});
}

Result<std::uint64_t> benchmark_ops(const wire::Benchmark& benchmark) {
  if (benchmark.workload != "gemm" || benchmark.version != 1) {
    return fail(Code::malformed, "benchmark: rounds are of gemm@1");
  }
  const Result<GemmParameters> parsed = parse_gemm_parameters(benchmark.parameters);
  if (!parsed.ok()) return parsed.error().in("benchmark");
  const GemmParameters& it = parsed.value();
  if (!it.philox) return fail(Code::malformed, "benchmark: weights come from the nonce alone");
  return saturating_mul(saturating_mul(it.rows, saturating_mul(it.cols, it.cols)),
                        std::uint64_t{it.gemms()} * benchmark.links);
}

Result<std::unique_ptr<Program>> benchmark_link(const wire::Benchmark& benchmark,
                                                const Digest& round, const Digest& last,
                                                const Caps& caps) {
  wire::WorkloadSpec spec;
  spec.workload = benchmark.workload;
  spec.version = benchmark.version;
  spec.parameters = benchmark.parameters;
  spec.nonce = wire::benchmark_link_nonce(round, last);
  const InputSource none([](const wire::Input& input) -> Result<Bytes> {
    return fail(Code::no_evidence, "a benchmark has no input " + input.name);
  });
  return load_program(spec, none, caps);
}

std::vector<PartRef> benchmark_parts(const wire::Benchmark& benchmark, const Plan& plan) {
  Plan last_state = plan;
  last_state.steps = 1;
  std::vector<PartRef> parts;
  for (const wire::LinkRows& open : benchmark.open) {
    for (PartRef part : opening_parts(last_state, {}, open.rows, {})) {
      part.state = open.link;
      parts.push_back(part);
    }
  }
  return parts;
}

}  // namespace assay::compute
