// Random inputs of RX-1's operations for the tests of the CUDA kernels, with a GPU and without: odd
// sizes, rows of zeros, ties, extremes, denormals, now and then infinities and NaN. The same on
// every machine. One thread.
#pragma once

#include <bit>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace assay::gpu {

// std::mt19937_64 is specified to the bit.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t count) { return engine_() % count; }
  std::uint32_t word() { return static_cast<std::uint32_t>(engine_() >> 32); }

 private:
  std::mt19937_64 engine_;
};

inline float usual_float(Dice& dice) {
  return static_cast<float>(static_cast<std::int32_t>(dice.below(1 << 24)) - (1 << 23)) * 0x1p-21F;
}

// A row of one character.
inline void fill_row(Dice& dice, std::span<float> row) {
  const std::uint64_t kind = dice.below(16);
  for (float& x : row) {
    const std::uint64_t pick = dice.below(4);
    x = usual_float(dice);
    if (kind == 9) x = pick < 2 ? 0.0F : -0.0F;
    if (kind == 10) x = static_cast<float>(dice.below(255)) - 127.0F + 0.5F;  // ties
    if (kind == 11 && pick < 2) x = pick == 0 ? 0x1.fffffep127F : -0x1p126F;
    if (kind == 12) x = std::bit_cast<float>(dice.word() >> 9);  // denormal
    if (kind == 13) x = pick == 0 ? 0x1p-99F : pick == 1 ? -0x1p-101F : 0.0F;
    if (kind == 14) x *= pick == 0 ? 0x1p60F : 0x1p-60F;
    if (kind == 15) x = std::bit_cast<float>(dice.word());
  }
}

inline std::vector<float> float_rows(Dice& dice, std::uint64_t rows, std::uint64_t width) {
  std::vector<float> out(rows * width);
  for (std::uint64_t row = 0; row < rows; ++row) {
    fill_row(dice, std::span(out).subspan(row * width, width));
  }
  return out;
}

// Scales as a quantiser makes them: not negative, now and then 0, seldom the NaN.
inline std::vector<float> scale_values(Dice& dice, std::uint64_t count) {
  std::vector<float> out(count);
  const bool broken = dice.below(16) == 0;
  for (float& scale : out) {
    const std::uint64_t kind = dice.below(16);
    scale = kind == 0 ? 0.0F : static_cast<float>(1 + dice.below(1 << 20)) * 0x1p-24F;
    if (kind == 1) scale *= dice.below(2) == 0 ? 0x1p30F : 0x1p-30F;
    if (broken && kind == 2) scale = std::bit_cast<float>(0x7FC00000U);
  }
  return out;
}

// In [-limit, limit]; now and then extremes only.
template <class T>
std::vector<T> integers(Dice& dice, std::uint64_t count, std::int32_t limit) {
  std::vector<T> out(count);
  const bool extremes = dice.below(6) == 0;
  for (T& q : out) {
    const auto value = static_cast<std::int32_t>(
        static_cast<std::int64_t>(dice.below(2 * static_cast<std::uint64_t>(limit) + 1)) - limit);
    const std::int32_t end = value % 2 == 0 ? limit : -limit;
    q = static_cast<T>(extremes ? end : value);
  }
  return out;
}

}  // namespace assay::gpu
