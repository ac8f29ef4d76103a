// What the tensor operations of RX-1 do to one element, and to the numbers of one row: quantize.h,
// limb_gemm.h, layer_ops.h, rope.h and attention.h say when. Pure; any thread; for the CPU and for
// CUDA kernels (float_ops.h).
#pragma once

#include <cstdint>

#include "core/compute/rx1/convert.h"
#include "core/compute/rx1/elementary.h"

namespace assay::compute::rx1 {

inline constexpr float kS8Limit = 127.0F;
inline constexpr float kS16Limit = 16319.0F;       // kLimbsMax
inline constexpr float kWeightLimit = 32767.0F;    // attention's 15 bits
inline constexpr float kSmallestAmax = 0x1p-100F;  // below it, limit / amax could overflow

// How a row is quantised, from the bits of its max |x|: q = quantized(x, inv, limit), and
// x is about q * scale. With inv = 0 every q is 0.
struct RowQuantum {
  float scale;
  float inv;
};
ASSAY_HD RowQuantum row_quantum(std::uint32_t amax_bits, float limit) {
  const float amax = from_bits(amax_bits);
  if (amax_bits >= kInfinityBits) return {from_bits(kNanBits), 0.0F};
  if (amax < kSmallestAmax) return {0.0F, 0.0F};
  return {div(amax, limit), div(limit, amax)};
}

ASSAY_HD std::int32_t quantized(float x, float inv, float limit) {
  return round_clamped(mul(x, inv), negate(limit), limit);
}

// f32(128 * high + low): the integer has 39 bits at most, so it is exact in f64.
ASSAY_HD float from_limb_sums(std::int32_t high, std::int32_t low) {
  return static_cast<float>(128.0 * static_cast<double>(high) + static_cast<double>(low));
}

ASSAY_HD float dequantized(float acc, float sa, float sb) {
  return canonical(mul(mul(acc, sa), sb));
}
ASSAY_HD float dequantized(float acc, float sa, float sb, float bias) {
  return canonical(fma(mul(acc, sa), sb, bias));
}

ASSAY_HD float normalized(float x, float inverse_rms, float gain) {
  return canonical(mul(mul(x, inverse_rms), gain));
}

ASSAY_HD float gated(float gate, float up) {
  return canonical(mul(silu_f32(gate), up));
}

struct Rotated {
  float x;
  float y;
};
ASSAY_HD Rotated rotated(float x, float y, float cosine, float sine) {
  return {canonical(fma(x, cosine, negate(mul(y, sine)))), canonical(fma(y, cosine, mul(x, sine)))};
}

// Probabilities as integers: rne(p * 2^22), p in [0, 1]; NaN counts 0.
ASSAY_HD std::uint32_t probability_count(float p) {
  return static_cast<std::uint32_t>(round_clamped(mul(p, 0x1p22F), 0.0F, 0x1p22F));
}

}  // namespace assay::compute::rx1
