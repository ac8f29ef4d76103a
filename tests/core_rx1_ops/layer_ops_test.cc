#include "core/compute/rx1/layer_ops.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "core/compute/rx1/float_ops.h"
#include "core/compute/rx1/rope.h"
#include "tests/catch.h"
#include "tests/core_rx1_ops/numbers.h"

using namespace assay;
using namespace assay::compute;

TEST_CASE("RMSNorm is the textbook's to 6 units in the last place") {
  SeededRandom random(1);
  for (std::size_t width : {1U, 127U, 128U, 896U, 4096U, 70'000U}) {
    const std::vector<float> x = test::normal(random, 2 * width, 3);
    const std::vector<float> gain = test::normal(random, width);
    std::vector<float> y(x.size());
    rx1::rms_norm(Engine(), x, gain, 1e-6F, y);
    for (std::size_t row = 0; row < 2; ++row) {
      double square = 0;
      for (std::size_t i = 0; i < width; ++i) {
        const double value = static_cast<double>(x[row * width + i]);
        square += value * value;
      }
      const double rms = std::sqrt(square / static_cast<double>(width) + 1e-6);
      for (std::size_t i = 0; i < width; ++i) {
        const double want =
            static_cast<double>(x[row * width + i]) / rms * static_cast<double>(gain[i]);
        REQUIRE(std::abs(static_cast<double>(y[row * width + i]) - want) <=
                6 * 0x1p-24 * std::abs(want));
      }
    }
  }
}

TEST_CASE("RMSNorm of zeros is zeros, and a NaN stays in its row") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> x = {0, 0, 0, nan, 1, 2, 3, 4, 5};
  std::vector<float> y(9, 99);
  rx1::rms_norm(Engine(), x, std::vector<float>(3, 1.0F), 1e-5F, y);
  for (std::size_t i = 0; i < 3; ++i) CHECK(y[i] == 0.0F);
  for (std::size_t i = 3; i < 6; ++i) CHECK(rx1::bits(y[i]) == rx1::kNanBits);
  for (std::size_t i = 6; i < 9; ++i) CHECK_FALSE(rx1::is_nan(y[i]));
}

TEST_CASE("SwiGLU is silu(gate) * up") {
  SeededRandom random(2);
  const std::vector<float> gate = test::normal(random, 5000, 8), up = test::normal(random, 5000);
  std::vector<float> y(5000);
  rx1::swiglu(Engine(), gate, up, y);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double g = static_cast<double>(gate[i]);
    const double want = g / (1 + std::exp(-g)) * static_cast<double>(up[i]);
    REQUIRE(std::abs(static_cast<double>(y[i]) - want) <= 8 * 0x1p-24 * std::abs(want));
  }
}

TEST_CASE("the rotation's frequencies are powers of one root, from 1 down") {
  for (double base : {1.0, 10'000.0, 500'000.0, 1e6, 1e15}) {
    for (std::size_t count : {1U, 2U, 5U, 40U, 64U, 128U}) {
      std::vector<double> frequency(count);
      rx1::rope_frequencies(base, frequency);
      for (std::size_t i = 0; i < count; ++i) {
        const double want = std::pow(base, -static_cast<double>(i) / static_cast<double>(count));
        REQUIRE(std::abs(frequency[i] - want) <= 0x1p-44 * want);
      }
      CHECK(frequency[0] == 1.0);
    }
  }
}

TEST_CASE("the tables are cosine and sine of frequency times position, at any position") {
  std::vector<double> frequency(64);
  rx1::rope_frequencies(500'000, frequency);
  for (std::uint64_t first : {0U, 1U, 511U, 131'000U, 1U << 20}) {
    std::vector<float> cosine(3 * 64), sine(3 * 64);
    rx1::rope_table(Engine(), frequency, first, cosine, sine);
    for (std::size_t row = 0; row < 3; ++row) {
      for (std::size_t i = 0; i < 64; ++i) {
        const double angle = frequency[i] * static_cast<double>(first + row);
        REQUIRE(std::abs(static_cast<double>(cosine[row * 64 + i]) - std::cos(angle)) <= 3e-7);
        REQUIRE(std::abs(static_cast<double>(sine[row * 64 + i]) - std::sin(angle)) <= 3e-7);
      }
    }
  }
}

TEST_CASE("a row of the tables depends on its position alone") {
  std::vector<double> frequency(7);
  rx1::rope_frequencies(10'000, frequency);
  std::vector<float> cosine(40 * 7), sine(40 * 7), one_cosine(7), one_sine(7);
  rx1::rope_table(Engine(best_cpu_level(), 3), frequency, 100, cosine, sine);
  for (std::size_t row = 0; row < 40; ++row) {
    rx1::rope_table(Engine(), frequency, 100 + row, one_cosine, one_sine);
    const auto at = static_cast<std::ptrdiff_t>(7 * row);
    REQUIRE(std::equal(one_cosine.begin(), one_cosine.end(), cosine.begin() + at));
    REQUIRE(std::equal(one_sine.begin(), one_sine.end(), sine.begin() + at));
  }
}

TEST_CASE("rotated queries and keys meet at their distance, wherever they stand") {
  constexpr std::size_t kSize = 128;
  SeededRandom random(3);
  std::vector<double> frequency(kSize / 2);
  rx1::rope_frequencies(10'000, frequency);
  const std::vector<float> q = test::normal(random, kSize), k = test::normal(random, kSize);
  const auto at = [&](std::vector<float> x, std::uint64_t position) {
    std::vector<float> cosine(kSize / 2), sine(kSize / 2);
    rx1::rope_table(Engine(), frequency, position, cosine, sine);
    rx1::rotate(Engine(), x, 1, kSize, cosine, sine);
    return x;
  };
  const auto score = [&](std::uint64_t query, std::uint64_t key) {
    const std::vector<float> a = at(q, query), b = at(k, key);
    double sum = 0;
    for (std::size_t i = 0; i < kSize; ++i) {
      sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    }
    return sum;
  };
  const double near = score(17, 5);
  for (std::uint64_t shift : {1U, 1000U, 131'072U}) {
    CHECK(std::abs(score(17 + shift, 5 + shift) - near) <= 1e-4);
  }
  CHECK(std::abs(score(18, 5) - near) > 1e-2);
}

TEST_CASE("what lies beyond the rotated part stays") {
  std::vector<float> x = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const std::vector<float> cosine = {0, 0}, sine = {1, 1};
  rx1::rotate(Engine(), x, 2, 5, cosine, sine);
  CHECK(x == std::vector<float>{-3, -4, 1, 2, 5, -8, -9, 6, 7, 10});
}
