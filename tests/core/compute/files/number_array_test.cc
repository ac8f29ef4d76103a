#include "core/compute/files/number_array.h"

#include "tests/catch.h"

using namespace assay;
using namespace assay::compute;

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
