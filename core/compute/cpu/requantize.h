// Per-row scales: how a row of exact s32 sums, or of f32 inputs, becomes a row of s8.
// Pure; any thread; every level gives the same bits.
//
// A row's real value is q * m * 2^e with m in [1, 2): keeping the exponent apart means that a chain
// of any length neither overflows nor underflows.
#pragma once

#include <cstdint>
#include <span>

#include "core/compute/engine.h"

namespace assay::compute::cpu {

struct RowScale {
  std::uint32_t bits = 0;     // IEEE bits of m in [1, 2): 0x3F800000..0x3FFFFFFF; 0 for a zero row
  std::int32_t exponent = 0;  // e; 0 for a zero row
  bool operator==(const RowScale&) const = default;
};

// s = m * 2^e exactly, by its bits. s > 0 and finite; denormals too.
RowScale split_scale(float s);

// The epilogue of one row of igemm8:
//   y[n] = mul(mul(f32(acc[n]), m), sb[n])            f32, each operation rounded to nearest even
//   amax = max |y[n]|, exact, on the bits
//   amax = 0: q = 0, scale {0, 0}
//   else s = div(amax, 127), inv = div(127, amax), q[n] = clamp(rne(mul(y[n], inv)), -127, 127),
//        scale split_scale(s) with `in.exponent` added to its exponent
// sb[n] in [2^-40, 2^40], so that no y over- or underflows.
RowScale requantize_row(std::span<const std::int32_t> acc, std::span<const float> sb, RowScale in,
                        std::int8_t* q, CpuLevel level = CpuLevel::scalar);

// Its parts, one value at a time, for whoever checks a single one: the bits of max |y|, what a
// value becomes given them, and the row's scale. Scalar.
std::uint32_t amax_bits(std::span<const std::int32_t> acc, std::span<const float> sb, RowScale in);
std::int8_t requantized(std::int32_t acc, float sb, RowScale in, std::uint32_t amax_bits);
RowScale scale_after(RowScale in, std::uint32_t amax_bits);

// The same rule for a row of f32 inputs: y = x. Returns s itself (0 for a zero row).
// Every x is finite, and max |x| is 0 or at least kSmallestAmax, else inv would overflow.
inline constexpr float kSmallestAmax = 0x1p-100F;
float quantize_row(std::span<const float> x, std::int8_t* q);

}  // namespace assay::compute::cpu
