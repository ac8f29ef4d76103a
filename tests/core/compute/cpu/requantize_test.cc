#include "core/compute/cpu/requantize.h"

#include <algorithm>
#include <bit>

#include "core/base/random.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::cpu;

namespace {

float scale_value(SeededRandom& random, int exponent_min, int exponent_max) {
  const std::uint64_t span = static_cast<std::uint64_t>(exponent_max - exponent_min + 1);
  const auto exponent =
      static_cast<std::uint32_t>(127 + exponent_min + static_cast<int>(random.below(span)));
  return std::bit_cast<float>(exponent << 23 | static_cast<std::uint32_t>(random.below(1 << 23)));
}

struct Row {
  std::vector<std::int32_t> acc;
  std::vector<float> sb;
  RowScale scale;
};

Row random_row(SeededRandom& random) {
  Row row;
  const unsigned shift = static_cast<unsigned>(random.below(32));
  const bool even = random.below(2) == 0;
  for (std::uint64_t i = 1 + random.below(300); i > 0; --i) {
    const auto wide = static_cast<std::int64_t>(random.below(2 * 2114060289ULL)) - 2114060288;
    row.acc.push_back(static_cast<std::int32_t>(wide >> shift));
    row.sb.push_back(even ? 0x1p-8F : scale_value(random, -40, 39));
  }
  row.scale = {0x3F800000 | static_cast<std::uint32_t>(random.below(1 << 23)),
               static_cast<std::int32_t>(random.below(2000)) - 1000};
  return row;
}

}  // namespace

TEST_CASE("split_scale is exact for every exponent, denormals too") {
  SeededRandom random(3);
  for (std::uint32_t exponent = 0; exponent < 255; ++exponent) {
    for (std::uint32_t fraction :
         {0U, 1U, 0x400000U, 0x7FFFFFU, static_cast<std::uint32_t>(random.below(1 << 23))}) {
      if (exponent == 0 && fraction == 0) continue;
      const float s = std::bit_cast<float>(exponent << 23 | fraction);
      const RowScale split = split_scale(s);
      const float m = std::bit_cast<float>(split.bits);
      REQUIRE(m >= 1.0F);
      REQUIRE(m < 2.0F);
      const auto power = static_cast<std::uint64_t>(split.exponent + 1023);
      REQUIRE(static_cast<double>(m) * std::bit_cast<double>(power << 52) ==
              static_cast<double>(s));
    }
  }
}

TEST_CASE("requantising is the same on every level, and writes its row only") {
  SeededRandom random(4);
  for (int round = 0; round < 3000; ++round) {
    const Row row = random_row(random);
    std::vector<std::int8_t> want(row.acc.size());
    const RowScale scale = requantize_row(row.acc, row.sb, row.scale, want.data());
    for (CpuLevel level : test::cpu_levels()) {
      INFO(cpu_level_name(level));
      std::vector<std::int8_t> got(row.acc.size() + 2, std::int8_t{-128});
      REQUIRE(requantize_row(row.acc, row.sb, row.scale, got.data() + 1, level) == scale);
      REQUIRE(got.front() == -128);
      REQUIRE(got.back() == -128);
      REQUIRE(std::equal(want.begin(), want.end(), got.begin() + 1));
    }
  }
}

TEST_CASE("a row that is not zero always attains 127, so an inflated scale shows") {
  SeededRandom random(5);
  for (int round = 0; round < 3000; ++round) {
    const Row row = random_row(random);
    std::vector<std::int8_t> q(row.acc.size());
    const RowScale scale = requantize_row(row.acc, row.sb, row.scale, q.data());
    int most = 0;
    for (std::int8_t value : q) most = std::max(most, std::abs(static_cast<int>(value)));
    REQUIRE(most == (scale.bits == 0 ? 0 : 127));
  }
}

TEST_CASE("a row of zeros has scale zero and exponent zero, on every level") {
  for (CpuLevel level : test::cpu_levels()) {
    std::vector<std::int8_t> q(37, 99);
    const std::vector<std::int32_t> acc(37, 0);
    const std::vector<float> sb(37, 0x1p40F);
    CHECK(requantize_row(acc, sb, {0x3FFFFFFF, 900}, q.data(), level) == RowScale{});
    CHECK(q == std::vector<std::int8_t>(37, 0));
    const std::vector<std::int32_t> one(37, 1);
    CHECK(requantize_row(one, sb, RowScale{}, q.data(), level) == RowScale{});
  }
}

TEST_CASE("quantising rounds halves to even") {
  const std::vector<float> x = {127.0F, 0.5F, 1.5F, 2.5F, -0.5F, -1.5F, -2.5F, 126.5F, -126.5F};
  std::vector<std::int8_t> q(x.size());
  CHECK(quantize_row(x, q.data()) == 1.0F);
  CHECK(q == std::vector<std::int8_t>{127, 0, 2, 2, 0, -2, -2, 126, -126});
}
