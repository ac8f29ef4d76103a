#include "core/compute/rx1/quantize.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/compute/cpu/requantize.h"
#include "core/compute/rx1/convert.h"
#include "core/compute/rx1/float_ops.h"
#include "core/compute/rx1/row_math.h"
#include "tests/catch.h"
#include "tests/core_rx1_ops/numbers.h"

using namespace assay;
using namespace assay::compute;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLargest = std::numeric_limits<float>::max();

template <class T>
struct Quantized {
  std::vector<T> q;
  float scale = 0;
};

template <class T>
Quantized<T> quantize(const std::vector<float>& row) {
  Quantized<T> out{std::vector<T>(row.size(), T{99}), 0};
  rx1::quantize_rows(Engine(), row, row.size(), std::span(out.q), std::span(&out.scale, 1));
  return out;
}

}  // namespace

TEST_CASE("a quantised row attains its limit, and is within half a step of the row") {
  SeededRandom random(1);
  for (int round = 0; round < 300; ++round) {
    const std::vector<float> row =
        test::normal(random, 1 + random.below(200), round % 2 == 0 ? 1e-9 : 40);
    const auto q8 = quantize<std::int8_t>(row);
    const auto q16 = quantize<std::int16_t>(row);
    int most8 = 0;
    int most16 = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      most8 = std::max(most8, std::abs(int{q8.q[i]}));
      most16 = std::max(most16, std::abs(int{q16.q[i]}));
      const double x = static_cast<double>(row[i]);
      const double s8 = static_cast<double>(q8.scale);
      const double s16 = static_cast<double>(q16.scale);
      REQUIRE(std::abs(x - q8.q[i] * s8) <= 0.5001 * s8);
      REQUIRE(std::abs(x - q16.q[i] * s16) <= 0.502 * s16);  // f32 has 2^-24 of 16,319 to err
    }
    REQUIRE(most8 == 127);
    REQUIRE(most16 == rx1::kLimbsMax);
  }
}

TEST_CASE("rows that have no usable maximum become zeros, with scale 0 or NaN") {
  struct Case {
    std::vector<float> row;
    float scale;
  };
  const float nan = rx1::from_bits(rx1::kNanBits);
  const Case cases[] = {
      {{0.0F, -0.0F, 0.0F}, 0.0F},
      {{0x1p-149F, -0x1p-101F}, 0.0F},  // below kSmallestAmax
      {{1.0F, kInfinity}, nan},
      {{-kInfinity, 2.0F}, nan},
      {{std::bit_cast<float>(0xFFC12345U), 1.0F}, nan},
      {{std::bit_cast<float>(0x7F800001U)}, nan},
  };
  for (const Case& c : cases) {
    const auto q8 = quantize<std::int8_t>(c.row);
    const auto q16 = quantize<std::int16_t>(c.row);
    CHECK(rx1::bits(q8.scale) == rx1::bits(c.scale));
    CHECK(rx1::bits(q16.scale) == rx1::bits(c.scale));
    CHECK(q8.q == std::vector<std::int8_t>(c.row.size(), 0));
    CHECK(q16.q == std::vector<std::int16_t>(c.row.size(), 0));
  }
}

TEST_CASE("the smallest and largest rows that count are quantised in full") {
  CHECK(quantize<std::int8_t>({rx1::kSmallestAmax, -rx1::kSmallestAmax / 127}).q ==
        std::vector<std::int8_t>{127, -1});
  CHECK(quantize<std::int16_t>({kLargest, -kLargest, kLargest / 2}).q ==
        std::vector<std::int16_t>{16319, -16319, 8160});
}

TEST_CASE("halves go to even") {
  CHECK(quantize<std::int8_t>({127.0F, 0.5F, 1.5F, 2.5F, -0.5F, -1.5F, 126.5F}).q ==
        std::vector<std::int8_t>{127, 0, 2, 2, 0, -2, 126});
  CHECK(quantize<std::int16_t>({16319.0F, 0.5F, 1.5F, -2.5F, 16318.5F}).q ==
        std::vector<std::int16_t>{16319, 0, 2, -2, 16318});
}

TEST_CASE("rows to s8 are what the gemm workload makes of its inputs") {
  SeededRandom random(2);
  for (int round = 0; round < 200; ++round) {
    const std::vector<float> row = test::normal(random, 1 + random.below(100), 3);
    std::vector<std::int8_t> want(row.size());
    const float scale = cpu::quantize_row(row, want.data());
    const auto got = quantize<std::int8_t>(row);
    REQUIRE(got.scale == scale);
    REQUIRE(got.q == want);
  }
}

TEST_CASE("limbs give every s16 of the contract back, in s8 of the contract") {
  std::vector<std::int16_t> all;
  for (std::int32_t x = -rx1::kLimbsMax; x <= rx1::kLimbsMax; ++x) {
    all.push_back(static_cast<std::int16_t>(x));
  }
  std::vector<std::int8_t> high(all.size()), low(all.size());
  rx1::split_rows(Engine(), all, high, low);
  for (std::size_t i = 0; i < all.size(); ++i) {
    REQUIRE(128 * high[i] + low[i] == all[i]);
    REQUIRE((high[i] >= -127 && low[i] >= -64 && low[i] <= 63));
  }
}

TEST_CASE("the epilogue fuses the bias, and only the bias") {
  // 3 * (1 + 2^-23) * (1 + 2^-23): the product rounds, the fused sum with its negative does not.
  const std::int32_t acc[] = {1};
  const float near_one[] = {0x1.000002p0F};
  const float product = near_one[0] * near_one[0];
  const float bias[] = {-product};
  float y[1] = {99};
  rx1::dequantize_rows(Engine(), acc, near_one, near_one, {}, y);
  CHECK(y[0] == product);
  rx1::dequantize_rows(Engine(), acc, near_one, near_one, bias, y);
  CHECK(y[0] == 0x1p-46F);
}
