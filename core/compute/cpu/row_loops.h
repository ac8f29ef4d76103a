// The two passes of requantize_row and the Philox batch as loops that the compiler turns into the
// vector code of the including file's level. Internal linkage throughout: see kernels.h.
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

// 16 blocks side by side: word w of block i is x[w][i].
void philox_s8(const std::uint32_t* key, std::uint32_t tensor, std::uint32_t step,
               std::uint64_t element, std::uint64_t blocks, std::int8_t* out) {
  constexpr std::size_t kB = kPhiloxBatch;
  for (std::uint64_t done = 0; done < blocks; done += kB) {
    std::uint32_t x0[kB], x1[kB], x2[kB], x3[kB];
    for (std::size_t i = 0; i < kB; ++i) {
      const std::uint64_t number = element + done + i;
      x0[i] = static_cast<std::uint32_t>(number);
      x1[i] = static_cast<std::uint32_t>(number >> 32);
      x2[i] = tensor;
      x3[i] = step;
    }
    std::uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; ++round) {
      for (std::size_t i = 0; i < kB; ++i) {
        const std::uint64_t p0 = std::uint64_t{0xD2511F53} * x0[i];
        const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * x2[i];
        x0[i] = static_cast<std::uint32_t>(p1 >> 32) ^ x1[i] ^ k0;
        x1[i] = static_cast<std::uint32_t>(p1);
        x2[i] = static_cast<std::uint32_t>(p0 >> 32) ^ x3[i] ^ k1;
        x3[i] = static_cast<std::uint32_t>(p0);
      }
      k0 += 0x9E3779B9;
      k1 += 0xBB67AE85;
    }
    std::uint32_t words[4 * kB];
    for (std::size_t i = 0; i < kB; ++i) {
      words[4 * i] = x0[i];
      words[4 * i + 1] = x1[i];
      words[4 * i + 2] = x2[i];
      words[4 * i + 3] = x3[i];
    }
    std::uint8_t bytes[16 * kB];
    __builtin_memcpy(bytes, words, sizeof bytes);
    for (std::size_t i = 0; i < sizeof bytes; ++i) {
      const std::uint8_t at_least_1 = bytes[i] > 1 ? bytes[i] : std::uint8_t{1};
      out[16 * done + i] = static_cast<std::int8_t>(at_least_1 ^ 0x80);
    }
  }
}

}  // namespace
}  // namespace assay::compute::cpu
