#include "core/compute/cpu/igemm8.h"
#include "tests/bench/bench.h"
#include "tests/bench/jobs.h"
#include "tests/bench/products.h"
#include "tests/bench/timing.h"

namespace assay::bench {
namespace {

using compute::CpuLevel;
using compute::Engine;

struct Size {
  std::size_t m, n, k;
};
constexpr Size kSizes[] = {{256, 256, 1024}, {61, 131, 509}, {1024, 1024, 1024}};
constexpr Size kQuickSizes[] = {{64, 64, 256}, {61, 67, 129}};

Row measure(const Options& options, const Engine& engine, const Product& product) {
  Row row{.bench = "gemm",
          .name = std::string(cpu_level_name(engine.level())) + " " + size_name(product),
          .peer = "scalar definition",
          .unit = "GOPS"};
  options.say("gemm: " + row.name);
  std::vector<std::int32_t> want(product.m * product.n);
  const auto theirs = [&] {
    compute::cpu::igemm8_scalar(product.a.data(), product.b.data(), product.m, product.n, product.k,
                                want.data(), product.n);
  };
  std::vector<std::int32_t> got(want.size());
  const auto ours = [&] {
    const compute::cpu::PackedRows rows(engine, product.a, product.m, product.k);
    rows.multiply(product.b.data(), product.n, got.data(), product.n);
  };
  theirs();
  ours();
  row.correct = got == want && multiply(engine, product) == want;
  if (!row.correct) {
    row.note = "other sums than the definition's";
    return row;
  }
  const double operations = 2.0 * static_cast<double>(product.m * product.n * product.k);
  set_rate(row, time_both(options, ours, theirs), operations);
  return row;
}

}  // namespace

Result<Rows> gemm(const Options& options) {
  Rows rows;
  SeededRandom random(options.seed);
  const std::span<const Size> sizes = options.quick ? std::span<const Size>(kQuickSizes) : kSizes;
  for (const Size& size : sizes) {
    const Product product = random_product(random, size.m, size.n, size.k);
    for (CpuLevel level : cpu_levels()) {
      if (level != CpuLevel::scalar) rows.push_back(measure(options, Engine(level), product));
    }
  }
  return rows;
}

}  // namespace assay::bench
