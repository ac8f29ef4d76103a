// The conversions of RX-1. bf16 and f16 are storage: they are widened and narrowed by operations on
// their bits, so that no machine's own conversion is asked. Narrowing rounds to
// nearest even, to denormals too, and past the largest number to infinity. Pure; any thread; for
// the CPU and for CUDA kernels (float_ops.h).
#pragma once

#include <cstdint>

#include "core/compute/rx1/float_ops.h"

namespace assay::compute::rx1 {

// Exact. A NaN stays one, with its sign and payload.
ASSAY_HD float f32_of_bf16(std::uint16_t x) {
  return from_bits(static_cast<std::uint32_t>(x) << 16);
}

// NaN gives 0x7FC0.
ASSAY_HD std::uint16_t bf16_of_f32(float x) {
  const std::uint32_t u = bits(x);
  const std::uint32_t rounded = (u + 0x7FFF + (u >> 16 & 1)) >> 16;
  return static_cast<std::uint16_t>(is_nan(x) ? 0x7FC0 : rounded);
}

// Exact. A NaN stays one, with its sign and payload.
ASSAY_HD float f32_of_f16(std::uint16_t x) {
  const std::uint32_t sign = static_cast<std::uint32_t>(x & 0x8000) << 16;
  const std::uint32_t fraction = x & 0x3FF;
  const std::uint32_t exponent = x >> 10 & 0x1F;
  // Infinities and NaN go from the top exponent to the top exponent.
  const std::uint32_t biased = exponent == 31 ? 255 : exponent + 112;
  const std::uint32_t normal = biased << 23 | fraction << 13;
  // A denormal is an integer times 2^-24, exactly.
  const std::uint32_t small = bits(mul(from_s32(static_cast<std::int32_t>(fraction)), 0x1p-24F));
  return from_bits(sign | (exponent == 0 ? small : normal));
}

// NaN gives 0x7E00.
ASSAY_HD std::uint16_t f16_of_f32(float x) {
  const std::uint32_t a = bits(x) & kAbsMask;
  const std::uint32_t sign = bits(x) >> 16 & 0x8000;
  const std::uint32_t normal = (a - 0x38000000 + 0xFFF + (a >> 13 & 1)) >> 13;
  // Below 2^-14 the result counts units of 2^-24: the mantissa shifted right by 14 to 24, and
  // further for what rounds to zero.
  const std::uint32_t biased = a >> 23;
  const std::uint32_t shift = biased > 112 ? 14 : biased < 97 ? 29 : 126 - biased;
  const std::uint32_t mantissa = (a & 0x7FFFFF) | 0x800000;
  const std::uint32_t odd = mantissa >> shift & 1;
  const std::uint32_t small = (mantissa + (1U << (shift - 1)) - 1 + odd) >> shift;
  const std::uint32_t number = a < 0x38800000 ? small : a >= 0x477FF000 ? 0x7C00 : normal;
  return static_cast<std::uint16_t>(is_nan(x) ? 0x7E00 : sign | number);
}

// rne(clamp(x, -127, 127)); NaN gives 0.
ASSAY_HD std::int8_t s8_of_f32(float x) {
  return static_cast<std::int8_t>(round_clamped(x, -127.0F, 127.0F));
}

// The s16 of RX-1 are those that two limbs hold: |x| <= 127 * 128 + 63.
inline constexpr std::int32_t kLimbsMax = 16319;

// rne(clamp(x, -16319, 16319)); NaN gives 0.
ASSAY_HD std::int16_t s16_of_f32(float x) {
  return static_cast<std::int16_t>(round_clamped(x, -16319.0F, 16319.0F));
}

// x = 128 * high + low, high in [-127, 127], low in [-64, 63].
struct Limbs {
  std::int8_t high;
  std::int8_t low;
};

// |x| <= kLimbsMax.
ASSAY_HD Limbs split_limbs(std::int16_t x) {
  const std::int32_t high = (x + 64) >> 7;
  return {static_cast<std::int8_t>(high), static_cast<std::int8_t>(x - high * 128)};
}

}  // namespace assay::compute::rx1
