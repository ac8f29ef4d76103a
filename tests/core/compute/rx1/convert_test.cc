#include "core/compute/rx1/convert.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "core/compute/rx1/elementwise.h"
#include "tests/bench/elementary_hash.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"

using namespace assay;
using namespace assay::compute;

namespace {

double power_of_2(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

// A storage format: what its bits mean, and where its numbers end.
struct Format {
  const char* name;
  float (*widen)(std::uint16_t);
  std::uint16_t (*narrow)(float);
  std::uint32_t infinity;
  std::uint32_t nan;
  float beyond;  // what the largest number's successor would be
};
constexpr Format kFormats[] = {
    {"bf16", rx1::f32_of_bf16, rx1::bf16_of_f32, 0x7F80, 0x7FC0, 0},
    {"f16", rx1::f32_of_f16, rx1::f16_of_f32, 0x7C00, 0x7E00, 65536.0F},
};

std::uint32_t narrowed(const Format& format, float x) {
  return format.narrow(x);
}

}  // namespace

TEST_CASE("all 65,536 f16 values widen to what their fields say") {
  for (std::uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    const float got = rx1::f32_of_f16(static_cast<std::uint16_t>(bits));
    const int exponent = static_cast<int>(bits >> 10 & 31);
    const double fraction = bits & 0x3FF;
    if (exponent == 31) {
      // Payload and sign go along.
      REQUIRE(rx1::bits(got) == ((bits & 0x8000) << 16 | 0x7F800000 | (bits & 0x3FF) << 13));
      continue;
    }
    const double magnitude =
        exponent == 0 ? fraction * power_of_2(-24) : (1024 + fraction) * power_of_2(exponent - 25);
    REQUIRE(static_cast<double>(got) == (bits >= 0x8000 ? -magnitude : magnitude));
    REQUIRE((rx1::bits(got) >> 31) == bits >> 15);
  }
}

TEST_CASE("bf16 is the upper half of f32") {
  for (std::uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    REQUIRE(rx1::bits(rx1::f32_of_bf16(static_cast<std::uint16_t>(bits))) == bits << 16);
  }
}

TEST_CASE("narrowing gives the nearest number: at all numbers and midpoints and beside them") {
  for (const Format& format : kFormats) {
    CAPTURE(format.name);
    for (std::uint32_t bits = 0; bits < format.infinity; ++bits) {
      const float x = format.widen(static_cast<std::uint16_t>(bits));
      REQUIRE(narrowed(format, x) == bits);
      REQUIRE(narrowed(format, rx1::negate(x)) == (bits | 0x8000));
      // Between x and its successor, both exact in f64, as is their middle.
      const bool last = bits + 1 == format.infinity;
      const double next =
          last && format.beyond == 0
              ? power_of_2(127) * 2
              : static_cast<double>(last ? format.beyond
                                         : format.widen(static_cast<std::uint16_t>(bits + 1)));
      const float middle = static_cast<float>((static_cast<double>(x) + next) / 2);
      const float below = rx1::from_bits(rx1::bits(middle) - 1);
      const float above = rx1::from_bits(rx1::bits(middle) + 1);
      REQUIRE(narrowed(format, below) == bits);
      REQUIRE(narrowed(format, middle) == bits + (bits & 1));
      REQUIRE(narrowed(format, above) == bits + 1);
    }
    CHECK(narrowed(format, rx1::from_bits(rx1::kInfinityBits)) == format.infinity);
    CHECK(narrowed(format, rx1::from_bits(0xFF800000)) == (format.infinity | 0x8000));
    CHECK(narrowed(format, 0x1.fffffep127F) == format.infinity);
    CHECK(narrowed(format, 0x1p-149F) == 0);
    for (std::uint32_t nan : {0x7F800001U, 0x7FFFFFFFU, 0xFF800001U, 0xFFC00000U}) {
      CHECK(narrowed(format, rx1::from_bits(nan)) == format.nan);
    }
  }
}

TEST_CASE("every level converts arrays to the definition's bits") {
  std::vector<float> numbers(70'001);
  std::vector<std::uint16_t> stored(65'536);
  for (std::uint32_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = rx1::from_bits(bench::elementary_input(i));
  }
  for (std::uint32_t i = 0; i < stored.size(); ++i) stored[i] = static_cast<std::uint16_t>(i);
  for (CpuLevel level : test::cpu_levels()) {
    CAPTURE(cpu_level_name(level));
    std::vector<std::uint16_t> half(numbers.size());
    std::vector<std::uint16_t> brain(numbers.size());
    rx1::narrow_f16(numbers, half, level);
    rx1::narrow_bf16(numbers, brain, level);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      wrong += half[i] != rx1::f16_of_f32(numbers[i]);
      wrong += brain[i] != rx1::bf16_of_f32(numbers[i]);
    }
    std::vector<float> from_half(stored.size());
    std::vector<float> from_brain(stored.size());
    rx1::widen_f16(stored, from_half, level);
    rx1::widen_bf16(stored, from_brain, level);
    for (std::size_t i = 0; i < stored.size(); ++i) {
      wrong += rx1::bits(from_half[i]) != rx1::bits(rx1::f32_of_f16(stored[i]));
      wrong += rx1::bits(from_brain[i]) != rx1::bits(rx1::f32_of_bf16(stored[i]));
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("f32 to s8 and s16: clamped first, then ties to even") {
  CHECK(rx1::s8_of_f32(126.5F) == 126);
  CHECK(rx1::s8_of_f32(125.5F) == 126);
  CHECK(rx1::s8_of_f32(127.49F) == 127);
  CHECK(rx1::s8_of_f32(-1e9F) == -127);
  CHECK(rx1::s8_of_f32(rx1::from_bits(0xFFC00001)) == 0);
  CHECK(rx1::s16_of_f32(-0.5F) == 0);
  CHECK(rx1::s16_of_f32(16318.5F) == 16318);
  CHECK(rx1::s16_of_f32(16400.0F) == 16319);
  CHECK(rx1::s16_of_f32(rx1::from_bits(0xFF800000)) == -16319);
}

TEST_CASE("two limbs hold every s16 of the contract and not one more") {
  for (std::int32_t x = -rx1::kLimbsMax; x <= rx1::kLimbsMax; ++x) {
    const rx1::Limbs limbs = rx1::split_limbs(static_cast<std::int16_t>(x));
    REQUIRE(128 * limbs.high + limbs.low == x);
    REQUIRE(std::abs(limbs.high) <= 127);
    REQUIRE((limbs.low >= -64 && limbs.low <= 63));
  }
  CHECK((rx1::kLimbsMax + 1 + 64) >> 7 == 128);
}
