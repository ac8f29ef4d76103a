#include "core/compute/cpu/requantize.h"

#include <algorithm>
#include <bit>

#include "core/compute/cpu/kernels.h"

namespace assay::compute::cpu {
namespace {

constexpr std::uint32_t kAbsMask = 0x7FFFFFFF;
constexpr std::uint32_t kOneBits = 0x3F800000;

// |x| <= 127.5: adding 1.5 * 2^23 leaves no fraction bits, so the addition does the rounding.
std::int8_t to_s8(float x) {
  constexpr float kShift = 0x1.8p23F;
  const float clamped = x > 127.0F ? 127.0F : x < -127.0F ? -127.0F : x;
  return static_cast<std::int8_t>((clamped + kShift) - kShift);
}

float epilogue(std::int32_t acc, float sa, float sb) {
  const float t = static_cast<float>(acc) * sa;
  return t * sb;
}

std::uint32_t amax_bits_scalar(std::span<const std::int32_t> acc, std::span<const float> sb,
                               float sa) {
  std::uint32_t most = 0;
  for (std::size_t n = 0; n < acc.size(); ++n) {
    most = std::max(most, std::bit_cast<std::uint32_t>(epilogue(acc[n], sa, sb[n])) & kAbsMask);
  }
  return most;
}

}  // namespace

RowScale split_scale(float s) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(s);
  std::uint32_t fraction = bits & 0x7FFFFF;
  std::int32_t exponent = static_cast<std::int32_t>(bits >> 23) - 127;
  if (exponent == -127) {  // denormal: fraction * 2^-149
    const int shift = std::countl_zero(fraction) - 8;
    fraction = (fraction << shift) & 0x7FFFFF;
    exponent = -126 - shift;
  }
  return {kOneBits | fraction, exponent};
}

std::uint32_t amax_bits(std::span<const std::int32_t> acc, std::span<const float> sb, RowScale in) {
  return amax_bits_scalar(acc, sb, std::bit_cast<float>(in.bits));
}

std::int8_t requantized(std::int32_t acc, float sb, RowScale in, std::uint32_t amax_bits) {
  if (amax_bits == 0) return 0;
  const float inv = 127.0F / std::bit_cast<float>(amax_bits);
  return to_s8(epilogue(acc, std::bit_cast<float>(in.bits), sb) * inv);
}

RowScale scale_after(RowScale in, std::uint32_t amax_bits) {
  if (amax_bits == 0) return {};
  RowScale out = split_scale(std::bit_cast<float>(amax_bits) / 127.0F);
  // In two's complement, so that even an exponent from elsewhere has one sum.
  out.exponent = static_cast<std::int32_t>(static_cast<std::uint32_t>(out.exponent) +
                                           static_cast<std::uint32_t>(in.exponent));
  return out;
}

RowScale requantize_row(std::span<const std::int32_t> acc, std::span<const float> sb, RowScale in,
                        std::int8_t* q, CpuLevel level) {
  ASSAY_CHECK(acc.size() == sb.size(), "one column scale per column");
  const Kernels* twin = kernels(level);
  const float sa = std::bit_cast<float>(in.bits);
  const float amax = std::bit_cast<float>(
      twin == nullptr ? amax_bits_scalar(acc, sb, sa)
                      : twin->amax_bits(acc.data(), sb.data(), acc.size(), sa));
  if (amax == 0.0F) {
    std::fill_n(q, acc.size(), std::int8_t{0});
    return {};
  }
  const float inv = 127.0F / amax;
  if (twin == nullptr) {
    for (std::size_t n = 0; n < acc.size(); ++n) q[n] = to_s8(epilogue(acc[n], sa, sb[n]) * inv);
  } else {
    twin->quantize(acc.data(), sb.data(), acc.size(), sa, inv, q);
  }
  return scale_after(in, std::bit_cast<std::uint32_t>(amax));
}

float quantize_row(std::span<const float> x, std::int8_t* q) {
  std::uint32_t most = 0;
  for (float value : x) most = std::max(most, std::bit_cast<std::uint32_t>(value) & kAbsMask);
  const float amax = std::bit_cast<float>(most);
  if (amax == 0.0F) {
    std::fill_n(q, x.size(), std::int8_t{0});
    return 0.0F;
  }
  const float inv = 127.0F / amax;
  for (std::size_t n = 0; n < x.size(); ++n) q[n] = to_s8(x[n] * inv);
  return amax / 127.0F;
}

}  // namespace assay::compute::cpu
