#include "core/compute/rx1/sum.h"

#include <algorithm>

#include "core/base/random.h"
#include "core/compute/rx1/float_ops.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"

using namespace assay;
using namespace assay::compute;

namespace {

// Of all magnitudes, so that every change of order shows.
std::vector<float> numbers(std::size_t count) {
  SeededRandom random(count);
  std::vector<float> out(count);
  for (float& x : out) {
    const std::uint32_t u = static_cast<std::uint32_t>(random.u64());
    x = rx1::from_bits((u & 0x807FFFFF) | (100 + (u >> 23) % 40) << 23);
  }
  return out;
}

// sum.h, word for word.
float by_the_book(const std::vector<float>& x, bool squares) {
  std::vector<float> segments;
  for (std::size_t at = 0; at < x.size() || at == 0; at += 65536) {
    float lane[128] = {};
    for (std::size_t i = at; i < std::min(at + 65536, x.size()); ++i) {
      lane[i % 128] = squares ? rx1::fma(x[i], x[i], lane[i % 128]) : rx1::add(lane[i % 128], x[i]);
    }
    for (std::size_t stride : {64U, 32U, 16U, 8U, 4U, 2U, 1U}) {
      for (std::size_t l = 0; l < stride; ++l) lane[l] = rx1::add(lane[l], lane[l + stride]);
    }
    segments.push_back(lane[0]);
  }
  return segments.size() == 1 ? segments[0] : by_the_book(segments, false);
}

}  // namespace

TEST_CASE("sums and sums of squares are the definition's on every level") {
  for (std::size_t count :
       {0U, 1U, 2U, 127U, 128U, 129U, 1000U, 4096U, 65535U, 65536U, 65537U, 200'001U}) {
    const std::vector<float> x = numbers(count);
    for (CpuLevel level : test::cpu_levels()) {
      CAPTURE(count, cpu_level_name(level));
      CHECK(rx1::bits(rx1::sum(x, level)) == rx1::bits(by_the_book(x, false)));
      CHECK(rx1::bits(rx1::sum_of_squares(x, level)) == rx1::bits(by_the_book(x, true)));
    }
  }
}

TEST_CASE("segments may be summed apart") {
  const std::vector<float> x = numbers(5 * rx1::kSegment + 4321);
  std::vector<float> sums;
  for (std::size_t at = 0; at < x.size(); at += rx1::kSegment) {
    sums.push_back(rx1::sum(std::span(x).subspan(at, std::min(rx1::kSegment, x.size() - at))));
  }
  CHECK(rx1::bits(rx1::sum(sums)) == rx1::bits(rx1::sum(x)));
}

TEST_CASE("sums of zeros, denormals, infinities and NaN") {
  const float inf = rx1::from_bits(0x7F800000);
  const struct {
    std::vector<float> x;
    std::uint32_t sum, squares;
  } cases[] = {
      {{}, 0, 0},
      {{-0.0F, -0.0F}, 0, 0},
      {{0x1p-149F, 0x1p-149F}, 2, 0},
      {{0x1p127F, 0x1p127F}, 0x7F800000, 0x7F800000},
      {{inf, 1.0F}, 0x7F800000, 0x7F800000},
      {{inf, -inf}, 0x7FC00000, 0x7F800000},
      {{1.0F, rx1::from_bits(0xFFC12345)}, 0x7FC00000, 0x7FC00000},
      {std::vector<float>(3 * rx1::kSegment, rx1::from_bits(0xFF800001)), 0x7FC00000, 0x7FC00000},
  };
  for (const auto& it : cases) {
    for (CpuLevel level : test::cpu_levels()) {
      CAPTURE(it.x.size(), cpu_level_name(level));
      CHECK(rx1::bits(rx1::sum(it.x, level)) == it.sum);
      CHECK(rx1::bits(rx1::sum_of_squares(it.x, level)) == it.squares);
    }
  }
}
