#include "core/compute/rx1/rope.h"

#include <bit>

#include "core/compute/rx1/elementary.h"
#include "core/compute/rx1/op_kernels.h"

namespace assay::compute::rx1 {
namespace {

constexpr double kTwoPi = 0x1.921fb54442d18p2;
constexpr double kInverseTwoPi = 0x1.45f306dc9c883p-3;
constexpr double kNearest = 0x1.8p52;  // leaves no fraction bits, so adding it is the rounding
constexpr double kBaseMax = 0x1p64;

// root^count * base <= 1. Rounding keeps order, so all roots up to some largest one pass.
bool fits(double root, double base, std::size_t count) {
  double power = 1;
  for (std::size_t i = 0; i < count; ++i) power *= root;
  return power * base <= 1;
}

}  // namespace

void rope_frequencies(double base, std::span<double> frequency) {
  ASSAY_CHECK(base >= 1 && base <= kBaseMax, "rope_frequencies: 1 <= base <= 2^64");
  // Bisection on the bits, which order as positive numbers do: low fits, high does not.
  std::uint64_t low = 0;
  std::uint64_t high = std::bit_cast<std::uint64_t>(1.0) + 1;
  while (low + 1 < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const bool ok = fits(std::bit_cast<double>(middle), base, frequency.size());
    (ok ? low : high) = middle;
  }
  double power = 1;
  for (double& value : frequency) {
    value = power;
    power *= std::bit_cast<double>(low);
  }
}

void rope_table(const Engine& engine, std::span<const double> frequency, std::uint64_t first,
                std::span<float> cosine, std::span<float> sine) {
  const std::size_t width = frequency.size();
  ASSAY_CHECK(width >= 1 && cosine.size() % width == 0 && sine.size() == cosine.size(),
              "rope_table: two tables of rows of as many elements as frequencies");
  const std::uint64_t rows = cosine.size() / width;
  ASSAY_CHECK(first + rows <= std::uint64_t{1} << 31, "rope_table: positions below 2^31");
  for (double value : frequency) {
    ASSAY_CHECK(value >= 0 && value <= 1, "rope_table: frequencies in [0, 1]");
  }
  engine.parallel_for(rows, [&](std::uint64_t row) {
    const double position = static_cast<double>(first + row);
    for (std::size_t i = 0; i < width; ++i) {
      const double turns = frequency[i] * position * kInverseTwoPi;
      const double part = turns - ((turns + kNearest) - kNearest);
      const float angle = static_cast<float>(part * kTwoPi);
      cosine[row * width + i] = cos_f32(angle);
      sine[row * width + i] = sin_f32(angle);
    }
  });
}

void rotate(const Engine& engine, std::span<float> x, std::size_t heads, std::size_t head_size,
            std::span<const float> cosine, std::span<const float> sine) {
  const std::size_t width = heads * head_size;
  ASSAY_CHECK(width >= 1 && x.size() % width == 0, "rotate: whole rows of heads");
  const std::size_t rows = x.size() / width;
  if (rows == 0) return;
  const std::size_t half = cosine.size() / rows;
  ASSAY_CHECK(cosine.size() == rows * half && sine.size() == cosine.size() && 2 * half <= head_size,
              "rotate: a row of the tables for every token, at most half a head wide");
  const OpKernels& ops = op_kernels(engine.level());
  engine.parallel_for(rows, [&](std::uint64_t row) {
    for (std::size_t head = 0; head < heads; ++head) {
      float* part = x.data() + row * width + head * head_size;
      ops.rotate(part, part + half, cosine.data() + row * half, sine.data() + row * half, half);
    }
  });
}

}  // namespace assay::compute::rx1
