#include "tests/bench/products.h"

#include <algorithm>

#include "core/compute/cpu/igemm8.h"
#include "core/compute/philox.h"

namespace assay::bench {
namespace {

constexpr std::int32_t kGuard = 0x5A5A5A5A;
constexpr std::size_t kGuards = 3;

std::vector<std::int8_t> random_values(SeededRandom& random, std::size_t count) {
  std::vector<std::int8_t> out(count);
  const std::uint64_t key = random.u64();
  compute::philox_s8(
      {{static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}, 0, 0}, 0, out);
  if (random.below(8) == 0) {
    for (std::int8_t& value : out) value = value < 0 ? -127 : 127;
  }
  return out;
}

}  // namespace

Product random_product(SeededRandom& random, std::size_t m, std::size_t n, std::size_t k) {
  return {m, n, k, random_values(random, m * k), random_values(random, n * k)};
}

std::string size_name(const Product& product) {
  return std::to_string(product.m) + "x" + std::to_string(product.n) + "x" +
         std::to_string(product.k);
}

std::vector<std::int32_t> multiply_scalar(const Product& product) {
  std::vector<std::int32_t> d(product.m * product.n);
  compute::cpu::igemm8_scalar(product.a.data(), product.b.data(), product.m, product.n, product.k,
                              d.data(), product.n);
  return d;
}

std::vector<std::int32_t> multiply(const compute::Engine& engine, const Product& product) {
  const std::size_t stride = product.n + kGuards;
  std::vector<std::int32_t> d((product.m + 1) * stride, kGuard);
  const compute::cpu::PackedRows rows(engine, product.a, product.m, product.k);
  rows.multiply(product.b.data(), product.n, d.data(), stride);
  std::vector<std::int32_t> out;
  out.reserve(product.m * product.n);
  const auto guarded = [](std::int32_t value) { return value == kGuard; };
  for (std::size_t m = 0; m <= product.m; ++m) {
    const auto row = d.begin() + static_cast<std::ptrdiff_t>(m * stride);
    const auto end = row + static_cast<std::ptrdiff_t>(m < product.m ? product.n : 0);
    if (!std::all_of(end, row + static_cast<std::ptrdiff_t>(stride), guarded)) return {};
    out.insert(out.end(), row, end);
  }
  return out;
}

}  // namespace assay::bench
