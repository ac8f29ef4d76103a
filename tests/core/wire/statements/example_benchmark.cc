#include "tests/core/wire/statements/example_benchmark.h"

#include "tests/core/wire/statements/examples.h"

namespace assay::test {

using namespace assay::wire;

Benchmark example_benchmark() {
  Benchmark it;
  it.nonce = example_digest("nonce of a benchmark");
  it.number = 3;
  it.workload = "gemm";
  it.parameters.set("rows", 128).set("cols", 256).set("steps", 20).set("weights", "philox");
  it.links = 4;
  it.deadline = UnixMillis{1'795'363'210'000};
  it.open = {{1, {5, 77}}, {4, {0}}};
  return it;
}

Measurement example_measurement() {
  Measurement it;
  it.provider = example_key("provider").public_key();
  it.class_name = "cpu/gemm@1";
  it.round = benchmark_round(example_benchmark(), it.provider);
  it.parts = {{Part::gpu, 700'000'000, 640'000'000}};
  it.took_ms = 1048;
  it.how = "rows of every link followed";
  return it;
}

std::string benchmark_values(const Digest& last) {
  const Digest round = benchmark_round(example_benchmark(), example_key("provider").public_key());
  return "round " + round.hex() + "\nnonce of link 1 " + benchmark_link_nonce(round, {}).hex() +
         "\nnonce of link 2 " + benchmark_link_nonce(round, last).hex();
}

}  // namespace assay::test
