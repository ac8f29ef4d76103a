// The two passes of requantize_row as loops that the compiler turns into the vector code of the
// including file's level. Internal linkage throughout: see kernels.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/compute/cpu/kernels.h"

namespace assay::compute::cpu {
namespace {

std::uint32_t amax_bits(const std::int32_t* acc, const float* sb, std::size_t count, float sa) {
  std::int32_t most = 0;  // bits of |y| as integers: they order as the values do
  for (std::size_t n = 0; n < count; ++n) {
    const float y = static_cast<float>(acc[n]) * sa * sb[n];
    const std::int32_t bits = __builtin_bit_cast(std::int32_t, y) & 0x7FFFFFFF;
    most = most > bits ? most : bits;
  }
  return static_cast<std::uint32_t>(most);
}

void quantize(const std::int32_t* __restrict acc, const float* __restrict sb, std::size_t count,
              float sa, float inv, std::int8_t* __restrict q) {
  for (std::size_t n = 0; n < count; ++n) {
    const float y = static_cast<float>(acc[n]) * sa * sb[n] * inv;
    // |y| <= 127 * (1 + 2^-22), which rounds to 127: clamping after the rounding is the same.
    const float whole = (y + 0x1.8p23F) - 0x1.8p23F;
    const std::int32_t value = static_cast<std::int32_t>(whole);
    q[n] = static_cast<std::int8_t>(value > 127 ? 127 : value < -127 ? -127 : value);
  }
}

}  // namespace
}  // namespace assay::compute::cpu
