#include "core/compute/files/number_array.h"

#include <bit>

#include "tests/catch.h"

using namespace assay;
using namespace assay::compute;

namespace {

double power_of_2(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

}  // namespace

TEST_CASE("all 65,536 f16 values widen to what their fields say") {
  for (std::uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    const float got = f32_of_f16(static_cast<std::uint16_t>(bits));
    const int exponent = static_cast<int>(bits >> 10 & 31);
    const double fraction = bits & 0x3FF;
    if (exponent == 31) {
      const std::uint32_t wide = std::bit_cast<std::uint32_t>(got);
      REQUIRE((wide & 0x7F800000) == 0x7F800000);
      REQUIRE(((wide & 0x7FFFFF) != 0) == ((bits & 0x3FF) != 0));
      continue;
    }
    const double magnitude =
        exponent == 0 ? fraction * power_of_2(-24) : (1024 + fraction) * power_of_2(exponent - 25);
    REQUIRE(static_cast<double>(got) == (bits >= 0x8000 ? -magnitude : magnitude));
    REQUIRE((std::bit_cast<std::uint32_t>(got) >> 31) == bits >> 15);
  }
}

TEST_CASE("bf16 is the upper half of f32") {
  CHECK(f32_of_bf16(0x3F80) == 1.0F);
  CHECK(f32_of_bf16(0xC049) == -3.140625F);
  CHECK(f32_of_bf16(0x0001) == 0x1p-133F);
}

TEST_CASE("numbers are read from any element on") {
  const Bytes data = {0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 192};
  std::vector<float> two(2);
  read_numbers({NumberType::f32, {3}, data}, 1, two);
  CHECK(two == std::vector<float>{2.0F, -3.0F});
  read_numbers({NumberType::s8, {12}, data}, 10, two);
  CHECK(two == std::vector<float>{64.0F, -64.0F});
  read_numbers({NumberType::bf16, {6}, data}, 0, two);
  CHECK(two == std::vector<float>{0.0F, 1.0F});
}

TEST_CASE("sizes that overflow are the largest size, which nothing has") {
  CHECK(array_bytes(NumberType::f32, std::vector<std::uint64_t>{1ULL << 62}) == UINT64_MAX);
  CHECK(array_bytes(NumberType::s8, std::vector<std::uint64_t>{1ULL << 32, 1ULL << 32}) ==
        UINT64_MAX);
  CHECK(array_bytes(NumberType::f32, std::vector<std::uint64_t>{}) == 4);
}
