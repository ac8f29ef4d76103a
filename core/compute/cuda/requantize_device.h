// The arithmetic of requantising one value, and of a row's scale, as the kernel uses it: the twin
// of core/compute/cpu/requantize.cc, held to it on the host by tests. Pure; any thread.
#pragma once

#include "core/compute/host_device.h"
#include "core/compute/rx1/float_ops.h"

namespace assay::compute::cuda {

// One row's scale as it lies in a state: IEEE bits of m, and e.
struct ScaleWords {
  std::uint32_t bits;
  std::int32_t exponent;
};

ASSAY_SHARED inline float epilogue_value(std::int32_t acc, float sa, float sb) {
  return rx1::mul(rx1::mul(rx1::from_s32(acc), sa), sb);
}

// |x| <= 127.5: adding 1.5 * 2^23 leaves no fraction bits, so the addition does the rounding.
ASSAY_SHARED inline std::int8_t s8_of(float x) {
  constexpr float kShift = 12582912.0F;
  const float clamped = x > 127.0F ? 127.0F : x < -127.0F ? -127.0F : x;
  return static_cast<std::int8_t>(
      static_cast<std::int32_t>(rx1::sub(rx1::add(clamped, kShift), kShift)));
}

// s = m * 2^e by its bits; s > 0 and finite (0 gives 2^-150, as the definition does).
ASSAY_SHARED inline ScaleWords split_scale_words(float s) {
  const std::uint32_t bits = rx1::bits(s);
  std::uint32_t fraction = bits & 0x7FFFFF;
  std::int32_t exponent = static_cast<std::int32_t>(bits >> 23) - 127;
  if (exponent == -127) {  // denormal: fraction * 2^-149
    exponent = -126;
    for (; (fraction & 0x800000) == 0 && exponent > -150; --exponent) fraction <<= 1;
    fraction &= 0x7FFFFF;
  }
  return {0x3F800000 | fraction, exponent};
}

// The row's new scale from the bits of its amax, and what to multiply its values by.
struct RowRule {
  ScaleWords scale;
  float inverse;  // 0 for a row of zeros
};
ASSAY_SHARED inline RowRule row_rule(std::uint32_t amax_bits, std::int32_t exponent_before) {
  if (amax_bits == 0) return {{0, 0}, 0.0F};
  const float amax = rx1::from_bits(amax_bits);
  RowRule rule{split_scale_words(rx1::div(amax, 127.0F)), rx1::div(127.0F, amax)};
  rule.scale.exponent += exponent_before;
  return rule;
}

}  // namespace assay::compute::cuda
