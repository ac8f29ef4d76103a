#include "core/compute/rx1/float_ops.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/base/random.h"
#include "tests/catch.h"

using namespace assay;
namespace rx1 = assay::compute::rx1;

namespace {

__extension__ using Wide = __int128;

// value * 2^exponent to the nearest f32, ties to even, by integers alone.
std::uint32_t round_to_f32(Wide value, int exponent) {
  if (value == 0) return 0;
  const std::uint32_t sign = value < 0 ? 0x80000000 : 0;
  Wide magnitude = value < 0 ? -value : value;
  int width = 0;
  for (Wide rest = magnitude; rest != 0; rest >>= 1) ++width;
  // Of 24 bits, or as few as leave the last at 2^-149.
  const int drop = std::max(width - 24, -149 - exponent);
  if (drop > 0) {
    if (drop > 125) return sign;
    const Wide unit = Wide{1} << drop;
    const Wide rest = magnitude & (unit - 1);
    magnitude >>= drop;
    if (rest > unit / 2 || (rest == unit / 2 && (magnitude & 1) != 0)) ++magnitude;
  } else {
    magnitude <<= -drop;
  }
  const int last = exponent + drop;
  const auto mantissa = static_cast<std::uint32_t>(magnitude);  // up to 2^24
  if (last == -149) return sign | mantissa;  // the carry into the exponent field is right
  const std::uint32_t biased = static_cast<std::uint32_t>(last + 150);
  return sign | std::min(0x7F800000U, (biased << 23) + (mantissa - 0x800000));
}

struct Parts {
  std::int64_t mantissa;
  int exponent;
};
Parts parts(std::uint32_t bits) {
  const int biased = static_cast<int>(bits >> 23 & 255);
  std::int64_t mantissa = bits & 0x7FFFFF;
  if (biased != 0) mantissa |= 0x800000;
  return {bits >> 31 != 0 ? -mantissa : mantissa, std::max(biased, 1) - 150};
}

// a * b + c for finite numbers.
std::uint32_t exact_fma(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  const Parts pa = parts(a);
  const Parts pb = parts(b);
  const Parts pc = parts(c);
  Wide high = Wide{pa.mantissa} * pb.mantissa;
  int high_exponent = pa.exponent + pb.exponent;
  Wide low = pc.mantissa;
  int low_exponent = pc.exponent;
  if (high == 0 && low == 0) return (a ^ b) & c & 0x80000000;
  if (high == 0 || (low != 0 && low_exponent > high_exponent)) {
    std::swap(high, low);
    std::swap(high_exponent, low_exponent);
  }
  if (low == 0) return round_to_f32(high, high_exponent);
  // The lower one is below 2^48 units of its own. Far below, only its sign counts.
  if (high_exponent - low_exponent > 75) {
    return round_to_f32(high * (Wide{1} << 60) + (low > 0 ? 1 : -1), high_exponent - 60);
  }
  return round_to_f32(high * (Wide{1} << (high_exponent - low_exponent)) + low, low_exponent);
}

bool finite(std::uint32_t bits) {
  return (bits & 0x7F800000) != 0x7F800000;
}

// Operands of which the sum cancels, ties, or ends among the denormals.
std::uint32_t adversarial(SeededRandom& random, std::uint32_t a, std::uint32_t b) {
  const float product = rx1::mul(rx1::from_bits(a), rx1::from_bits(b));
  switch (random.below(4)) {
    case 0:
      return rx1::bits(rx1::negate(product)) + static_cast<std::uint32_t>(random.below(5)) - 2;
    case 1: return rx1::bits(product) - static_cast<std::uint32_t>(random.below(50) << 23);
    case 2: return static_cast<std::uint32_t>(random.u64()) & 0x807FFFFF;
    default: return rx1::bits(product) & 0xFF800000;
  }
}

}  // namespace

TEST_CASE("fma is the exact sum rounded once, with and without the instruction") {
  SeededRandom random(1);
  std::uint32_t compared = 0;
  for (int round = 0; round < 1'000'000; ++round) {
    std::uint32_t a = static_cast<std::uint32_t>(random.u64());
    std::uint32_t b = static_cast<std::uint32_t>(random.u64());
    if (round % 3 == 0) a &= 0xFFFFF000;  // short mantissas make ties
    if (round % 5 == 0) b = (b & 0x807FFFFF) | static_cast<std::uint32_t>(random.below(40)) << 23;
    const std::uint32_t c =
        round % 2 == 0 ? adversarial(random, a, b) : static_cast<std::uint32_t>(random.u64());
    if (!finite(a) || !finite(b) || !finite(c)) continue;
    ++compared;
    const float x = rx1::from_bits(a);
    const float y = rx1::from_bits(b);
    const float z = rx1::from_bits(c);
    const std::uint32_t want = exact_fma(a, b, c);
    if (rx1::bits(rx1::fma(x, y, z)) == want && rx1::bits(rx1::fma_by_double(x, y, z)) == want) {
      continue;
    }
    CAPTURE(a, b, c, want);
    FAIL("another fma");
  }
  CHECK(compared > 900'000);
}

TEST_CASE("fma with infinities, NaN and zeros") {
  constexpr std::uint32_t kInf = 0x7F800000;
  constexpr std::uint32_t kOne = 0x3F800000;
  constexpr std::uint32_t kMax = 0x7F7FFFFF;
  constexpr std::uint32_t kNan = 0x7FC00000;
  constexpr std::uint32_t kMinus = 0x80000000;
  const struct {
    std::uint32_t a, b, c, want;
  } cases[] = {
      {kInf, kOne, kOne, kInf},
      {kInf, kOne | kMinus, kOne, kInf | kMinus},
      {kOne, kOne, kInf, kInf},
      {kInf, kOne, kInf | kMinus, kNan},
      {kInf, 0, kOne, kNan},
      {kMax, kMax, kInf | kMinus, kInf | kMinus},
      {kMax, kMax, 0, kInf},
      {kMax, kMax, kMax | kMinus, kInf},
      {0xFFC12345, kOne, kOne, kNan},
      {kOne, 0x7F800001, kOne, kNan},
      {kOne, kOne, 0xFFFFFFFF, kNan},
      {0, kOne, kMinus, 0},
      {kMinus, kOne, kMinus, kMinus},
      {kOne, kOne, kOne | kMinus, 0},
      {1, 1, kMinus, 0},
      {1, 1 | kMinus, 0, kMinus},
      {1, 0x3F000000, 0, 0},
      {3, 0x3F000000, 0, 2},
      {1, 0x3F000001, 0, 1},
      {0x00800000, 0x3F7FFFFF, 0, 0x00800000},
      {0x3F800001, 0x3F800001, 0, 0x3F800002},
  };
  for (const auto& it : cases) {
    CAPTURE(it.a, it.b, it.c);
    const float a = rx1::from_bits(it.a);
    const float b = rx1::from_bits(it.b);
    const float c = rx1::from_bits(it.c);
    CHECK(rx1::bits(rx1::canonical(rx1::fma(a, b, c))) == it.want);
    CHECK(rx1::bits(rx1::canonical(rx1::fma_by_double(a, b, c))) == it.want);
  }
}

TEST_CASE("canonical changes NaN and nothing else") {
  for (std::uint32_t nan : {0x7F800001U, 0x7FFFFFFFU, 0xFFC00000U, 0xFF800001U}) {
    CHECK(rx1::bits(rx1::canonical(rx1::from_bits(nan))) == 0x7FC00000);
  }
  for (std::uint32_t x : {0U, 0x80000000U, 1U, 0x7F800000U, 0xFF800000U, 0x7F7FFFFFU}) {
    CHECK(rx1::bits(rx1::canonical(rx1::from_bits(x))) == x);
  }
}

TEST_CASE("order keys rise with the numbers and map back") {
  const std::uint32_t rising[] = {0xFF800000, 0xFF7FFFFF, 0xBF800000, 0x80800000, 0x80000001,
                                  0x80000000, 0x00000000, 0x00000001, 0x3F800000, 0x7F800000};
  for (std::size_t i = 0; i < std::size(rising); ++i) {
    const float x = rx1::from_bits(rising[i]);
    CHECK(rx1::bits(rx1::from_order_key(rx1::order_key(x))) == rising[i]);
    if (i == 0) continue;
    const float before = rx1::from_bits(rising[i - 1]);
    CHECK(rx1::order_key(before) < rx1::order_key(x));
    CHECK(rx1::bits(rx1::max(before, x)) == rising[i]);
    CHECK(rx1::bits(rx1::max(x, before)) == rising[i]);
    CHECK(rx1::bits(rx1::min(before, x)) == rising[i - 1]);
    CHECK(rx1::bits(rx1::min(x, before)) == rising[i - 1]);
  }
}

TEST_CASE("rounding to an integer: after the clamp, ties to even") {
  const struct {
    float x, want;
  } cases[] = {
      {0.5F, 0.0F},
      {1.5F, 2.0F},
      {2.5F, 2.0F},
      {-0.5F, -0.0F},
      {-1.5F, -2.0F},
      {0x1.fffffep-2F, 0.0F},
      {0x1.000002p-1F, 1.0F},
      {-0.0F, -0.0F},
      {0x1p-149F, 0.0F},
      {8388607.5F, 8388608.0F},
      {8388606.5F, 8388606.0F},
      {8388609.0F, 8388609.0F},
      {0x1p100F, 0x1p100F},
      {-4194304.5F, -4194304.0F},
  };
  for (const auto& it : cases) {
    CAPTURE(it.x);
    CHECK(rx1::bits(rx1::round_even(it.x)) == rx1::bits(it.want));
  }
  CHECK(rx1::round_clamped(127.5F, -127.0F, 127.0F) == 127);
  CHECK(rx1::round_clamped(-1e30F, -127.0F, 127.0F) == -127);
  CHECK(rx1::round_clamped(rx1::from_bits(0x7F800000), -127.0F, 127.0F) == 127);
  CHECK(rx1::round_clamped(rx1::from_bits(0xFFC00000), -127.0F, 127.0F) == 0);
  CHECK(rx1::round_clamped(8388606.5F, -0x1p30F, 0x1p30F) == 8388606);
  CHECK(rx1::round_clamped(-0x1p31F, -0x1p31F, 0x1p30F) == INT32_MIN);
  for (std::int32_t i = -1000; i <= 1000; ++i) {
    const std::int32_t even =
        (i & 3) == 1 || (i & 3) == 3 ? (i + ((i & 3) == 3 ? 1 : -1)) / 2 : i / 2;
    REQUIRE(rx1::round_clamped(0.5F * rx1::from_s32(i), -2000.0F, 2000.0F) == even);
  }
}
