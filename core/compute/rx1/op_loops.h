// The elementwise entries of OpKernels, which the compiler turns into the vector code of the
// including file's level. Internal linkage throughout: see op_kernels.h.
#pragma once

#include "core/compute/rx1/op_kernels.h"
#include "core/compute/rx1/row_math.h"

namespace assay::compute::rx1 {
namespace {

std::uint32_t amax_bits(const float* x, std::size_t count) {
  std::int32_t most = 0;  // bits of |x| as integers: they order as the values do
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t value = static_cast<std::int32_t>(bits(x[i]) & kAbsMask);
    most = most > value ? most : value;
  }
  return static_cast<std::uint32_t>(most);
}

void quantize_s8(const float* __restrict x, std::size_t count, float inv,
                 std::int8_t* __restrict q) {
  for (std::size_t i = 0; i < count; ++i) {
    q[i] = static_cast<std::int8_t>(quantized(x[i], inv, kS8Limit));
  }
}

void quantize_s16(const float* __restrict x, std::size_t count, float inv, float limit,
                  std::int16_t* __restrict q) {
  for (std::size_t i = 0; i < count; ++i) {
    q[i] = static_cast<std::int16_t>(quantized(x[i], inv, limit));
  }
}

void split(const std::int16_t* __restrict q, std::size_t count, std::int8_t* __restrict high,
           std::int8_t* __restrict low) {
  for (std::size_t i = 0; i < count; ++i) {
    const Limbs limbs = split_limbs(q[i]);
    high[i] = limbs.high;
    low[i] = limbs.low;
  }
}

void dequantize(const std::int32_t* __restrict sums, std::size_t count, float sa,
                const float* __restrict sb, const float* __restrict bias, float* __restrict y) {
  if (bias == nullptr) {
    for (std::size_t n = 0; n < count; ++n) y[n] = dequantized(from_s32(sums[n]), sa, sb[n]);
    return;
  }
  for (std::size_t n = 0; n < count; ++n) {
    y[n] = dequantized(from_s32(sums[n]), sa, sb[n], bias[n]);
  }
}

void dequantize_limbs(const std::int32_t* __restrict high, const std::int32_t* __restrict low,
                      std::size_t count, float factor, float sa, const float* __restrict sb,
                      const float* __restrict bias, float* __restrict y) {
  if (bias == nullptr) {
    for (std::size_t n = 0; n < count; ++n) {
      y[n] = dequantized(mul(from_limb_sums(high[n], low[n]), factor), sa, sb[n]);
    }
    return;
  }
  for (std::size_t n = 0; n < count; ++n) {
    y[n] = dequantized(mul(from_limb_sums(high[n], low[n]), factor), sa, sb[n], bias[n]);
  }
}

void normalize(const float* x, const float* gain, std::size_t count, float inverse_rms, float* y) {
#pragma GCC ivdep  // y may be x or gain, and otherwise overlaps neither
  for (std::size_t i = 0; i < count; ++i) y[i] = normalized(x[i], inverse_rms, gain[i]);
}

void swiglu_row(const float* gate, const float* up, std::size_t count, float* y) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < count; ++i) y[i] = gated(gate[i], up[i]);
}

void add_rows(const float* x, const float* residual, std::size_t count, float* y) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < count; ++i) y[i] = canonical(add(x[i], residual[i]));
}

void embed_row(const std::int8_t* __restrict q, std::size_t count, float scale,
               float* __restrict y) {
  for (std::size_t i = 0; i < count; ++i) y[i] = canonical(mul(from_s32(q[i]), scale));
}

void rotate_pairs(float* __restrict x, float* __restrict y, const float* __restrict cosine,
                  const float* __restrict sine, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const Rotated turned = rotated(x[i], y[i], cosine[i], sine[i]);
    x[i] = turned.x;
    y[i] = turned.y;
  }
}

float scores(const std::int32_t* __restrict high, const std::int32_t* __restrict low,
             const float* __restrict k_scale, std::size_t count, float a, float* __restrict s) {
  std::int32_t most = order_key(from_bits(kSignBit | kInfinityBits));
  for (std::size_t j = 0; j < count; ++j) {
    s[j] = canonical(mul(mul(from_limb_sums(high[j], low[j]), a), k_scale[j]));
    const std::int32_t key = order_key(s[j]);
    most = most > key ? most : key;
  }
  return from_order_key(most);
}

std::uint32_t weigh(float* __restrict s, const float* __restrict v_scale, std::size_t count,
                    float max) {
  std::uint32_t sum = 0;  // at most 512 * 2^22
  for (std::size_t j = 0; j < count; ++j) {
    const float p = exp_f32(sub(s[j], max));
    sum += probability_count(p);
    s[j] = mul(p, v_scale[j]);
  }
  return sum;
}

void blend(const std::int32_t* __restrict acc, std::size_t head_size, float take, float keep,
           float* __restrict out) {
  for (std::size_t d = 0; d < head_size; ++d) {
    out[d] = fma(from_s32(acc[d]), take, mul(out[d], keep));
  }
}

void divide(float* out, std::size_t head_size, float l) {
  for (std::size_t d = 0; d < head_size; ++d) out[d] = canonical(div(out[d], l));
}

}  // namespace
}  // namespace assay::compute::rx1
