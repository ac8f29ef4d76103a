#include "core/compute/rx1/limb_gemm.h"

#include "core/compute/cpu/igemm8.h"
#include "core/compute/rx1/convert.h"
#include "core/compute/rx1/float_ops.h"
#include "core/compute/rx1/quantize.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"
#include "tests/core_rx1_ops/numbers.h"

using namespace assay;
using namespace assay::compute;

namespace {

template <class T>
struct Rows {
  std::vector<T> q;
  std::vector<float> scale;
  Rows(const std::vector<float>& x, std::size_t width) : q(x.size()), scale(x.size() / width) {
    rx1::quantize_rows(Engine(), x, width, std::span(q), std::span(scale));
  }
  rx1::QuantizedRows<T> view() const { return {q, scale}; }
};

struct Sizes {
  std::size_t m, n, k;
};

// One case of normal activations and weights, and its exact product.
struct Layer {
  Sizes s;
  std::vector<float> a, b;
  std::vector<double> exact;

  Layer(SeededRandom& random, const Sizes& sizes)
      : s(sizes), a(test::normal(random, s.m * s.k)), b(test::normal(random, s.n * s.k, 0.02)) {
    for (std::size_t m = 0; m < s.m; ++m) {
      for (std::size_t n = 0; n < s.n; ++n) {
        double sum = 0;
        for (std::size_t k = 0; k < s.k; ++k) {
          sum += static_cast<double>(a[m * s.k + k]) * static_cast<double>(b[n * s.k + k]);
        }
        exact.push_back(sum);
      }
    }
  }
};

// Every scale 1: y is f32(acc).
template <class A, class B, class Gemm>
void check_sum(Gemm gemm, A a, B b, std::size_t k, std::int64_t acc) {
  const std::vector<A> row_a(k, a);
  const std::vector<B> row_b(3 * k, b);
  const std::vector<float> one(3, 1.0F);
  for (CpuLevel level : test::cpu_levels()) {
    INFO(cpu_level_name(level) << ", K " << k);
    std::vector<float> y(3, 99);
    gemm(Engine(level), {row_a, std::span(one).first(1)}, {row_b, one}, {}, y);
    CHECK(y == std::vector<float>(3, static_cast<float>(acc)));
  }
}

}  // namespace

TEST_CASE("the largest sums of every product are exact on every level") {
  const auto k = static_cast<std::int64_t>(cpu::kDotMax);
  const std::int16_t most = 16319;
  check_sum<std::int8_t, std::int8_t>(rx1::gemm_a8w8, 127, -127, cpu::kDotMax, -127 * 127 * k);
  check_sum<std::int16_t, std::int8_t>(rx1::gemm_a16w8, most, -127, cpu::kDotMax, -16319 * 127 * k);
  // 128 * 127 + 63 each; the product of the low limbs is left out.
  check_sum<std::int16_t, std::int16_t>(rx1::gemm_a16w16, most, most, cpu::kDotMax,
                                        (std::int64_t{16319} * 16319 - 63 * 63) * k);
  // -64 is the low limb of -64: high(a) * low(b) at its largest.
  const std::int16_t wide = 127 * 128 - 64;
  check_sum<std::int16_t, std::int16_t>(rx1::gemm_a16w16, wide, wide, cpu::kDotMax,
                                        (std::int64_t{wide} * wide - 64 * 64) * k);
}

TEST_CASE("the sums are those of the table, whatever the sizes") {
  SeededRandom random(3);
  for (int round = 0; round < 40; ++round) {
    const Sizes s{1 + random.below(7), 1 + random.below(140), 1 + random.below(90)};
    std::vector<std::int16_t> a(s.m * s.k), b(s.n * s.k);
    for (auto* values : {&a, &b}) {
      for (std::int16_t& q : *values) q = static_cast<std::int16_t>(random.below(32639)) - 16319;
    }
    std::vector<float> want;
    for (std::size_t m = 0; m < s.m; ++m) {
      for (std::size_t n = 0; n < s.n; ++n) {
        std::int64_t acc = 0;
        for (std::size_t k = 0; k < s.k; ++k) {
          const rx1::Limbs x = rx1::split_limbs(a[m * s.k + k]);
          const rx1::Limbs w = rx1::split_limbs(b[n * s.k + k]);
          acc += std::int64_t{a[m * s.k + k]} * b[n * s.k + k] - x.low * w.low;
        }
        want.push_back(static_cast<float>(acc));
      }
    }
    const std::vector<float> one(s.m + s.n, 1.0F);
    std::vector<float> y(want.size(), 99);
    rx1::gemm_a16w16(Engine(), {a, std::span(one).first(s.m)}, {b, std::span(one).first(s.n)}, {},
                     y);
    REQUIRE(y == want);
  }
}

TEST_CASE("the error of a layer is that of its quantisers") {
  SeededRandom random(4);
  const Engine engine;
  for (int round = 0; round < 5; ++round) {
    const Layer layer(random, {9, 70, 700});
    const Rows<std::int8_t> a8(layer.a, layer.s.k), b8(layer.b, layer.s.k);
    const Rows<std::int16_t> a16(layer.a, layer.s.k), b16(layer.b, layer.s.k);
    std::vector<float> y(layer.exact.size());
    rx1::gemm_a8w8(engine, a8.view(), b8.view(), {}, y);
    const double e8 = test::relative_error(y, layer.exact);
    rx1::gemm_a16w8(engine, a16.view(), b8.view(), {}, y);
    const double e16w8 = test::relative_error(y, layer.exact);
    rx1::gemm_a16w16(engine, a16.view(), b16.view(), {}, y);
    const double e16 = test::relative_error(y, layer.exact);
    INFO("A8W8 " << e8 << ", A16W8 " << e16w8 << ", A16W16 " << e16);
    CHECK(e8 <= 1.3e-2);
    CHECK(e16w8 <= 1e-2);
    CHECK(e16 <= 1.5e-4);
    CHECK(e16 < e16w8);
    CHECK(e16w8 < e8);
  }
}

TEST_CASE("a NaN among the scales makes its row or its column NaN, and no other") {
  SeededRandom random(5);
  const Layer layer(random, {3, 4, 8});
  Rows<std::int8_t> a(layer.a, 8), b(layer.b, 8);
  a.scale[1] = b.scale[2] = rx1::from_bits(rx1::kNanBits);
  std::vector<float> y(12, 99);
  rx1::gemm_a8w8(Engine(), a.view(), b.view(), {}, y);
  for (std::size_t m = 0; m < 3; ++m) {
    for (std::size_t n = 0; n < 4; ++n) {
      const bool broken = m == 1 || n == 2;
      CHECK((rx1::bits(y[m * 4 + n]) == rx1::kNanBits) == broken);
      CHECK(rx1::is_nan(y[m * 4 + n]) == broken);
    }
  }
}

TEST_CASE("a row of the product is the same alone and among others") {
  SeededRandom random(6);
  const Layer layer(random, {17, 33, 65});
  const Rows<std::int16_t> a(layer.a, 65), b(layer.b, 65);
  std::vector<float> together(17 * 33);
  rx1::gemm_a16w16(Engine(), a.view(), b.view(), {}, together);
  for (std::size_t m = 0; m < 17; ++m) {
    std::vector<float> alone(33);
    rx1::gemm_a16w16(Engine(),
                     {std::span(a.q).subspan(m * 65, 65), std::span(a.scale).subspan(m, 1)},
                     b.view(), {}, alone);
    REQUIRE(std::equal(alone.begin(), alone.end(), together.begin() + static_cast<long>(m * 33)));
  }
}

TEST_CASE("products of many rows are the same in any blocks, on every level and thread count") {
  SeededRandom random(77);
  const Sizes sizes[] = {{8, 65, 33},  {9, 64, 1},    {47, 63, 130}, {48, 1, 64},
                         {49, 7, 129}, {96, 130, 31}, {97, 64, 64},  {393, 70, 50}};
  for (const Sizes& s : sizes) {
    const Rows<std::int16_t> a(test::normal(random, s.m * s.k), s.k);
    const Rows<std::int16_t> b(test::normal(random, s.n * s.k), s.k);
    std::vector<float> want(s.m * s.n);
    for (std::size_t m = 0; m < s.m; ++m) {  // each row alone
      rx1::gemm_a16w16(Engine(CpuLevel::scalar),
                       {std::span(a.q).subspan(m * s.k, s.k), std::span(a.scale).subspan(m, 1)},
                       b.view(), {}, std::span(want).subspan(m * s.n, s.n));
    }
    for (CpuLevel level : test::cpu_levels()) {
      for (unsigned threads = 1; threads <= 4; ++threads) {
        INFO(s.m << " x " << s.n << " x " << s.k << ", " << cpu_level_name(level) << ", "
                 << threads);
        std::vector<float> y(s.m * s.n);
        rx1::gemm_a16w16(Engine(level, threads), a.view(), b.view(), {}, y);
        CHECK(y == want);
      }
    }
  }
}
