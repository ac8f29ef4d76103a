// The loops of the tensor operations on one CPU level, as a table: the scalar level's are the
// definition, and each other equals it bit for bit. Internal to core/compute/rx1; pure; any thread.
// The rule of core/compute/cpu/kernels.h holds here too: nothing of external linkage in level
// files. Arrays do not overlap unless said. What happens to one element: row_math.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/compute/engine.h"

namespace assay::compute::rx1 {

struct OpKernels {
  // The bits of max |x|; 0 for no elements.
  std::uint32_t (*amax_bits)(const float* x, std::size_t count);
  void (*quantize_s8)(const float* x, std::size_t count, float inv, std::int8_t* q);
  void (*quantize_s16)(const float* x, std::size_t count, float inv, float limit, std::int16_t* q);
  void (*split)(const std::int16_t* q, std::size_t count, std::int8_t* high, std::int8_t* low);

  // y[n] = dequantized(acc, sa, sb[n]), with bias[n] unless bias is null. acc is f32(sums[n]), or
  // mul(f32(128 * high[n] + low[n]), factor).
  void (*dequantize)(const std::int32_t* sums, std::size_t count, float sa, const float* sb,
                     const float* bias, float* y);
  void (*dequantize_limbs)(const std::int32_t* high, const std::int32_t* low, std::size_t count,
                           float factor, float sa, const float* sb, const float* bias, float* y);

  // y may be an input.
  void (*normalize)(const float* x, const float* gain, std::size_t count, float inverse_rms,
                    float* y);
  void (*swiglu)(const float* gate, const float* up, std::size_t count, float* y);
  void (*add_rows)(const float* x, const float* residual, std::size_t count, float* y);
  void (*embed)(const std::int8_t* q, std::size_t count, float scale, float* y);
  // (x[i], y[i]) for i < count, in place.
  void (*rotate)(float* x, float* y, const float* cosine, const float* sine, std::size_t count);

  // Attention, one query and one block of `count` positions; rows of k and v are `stride` apart.
  // high[j] + low[j]/128 is the dot product of k's row j with the limbs of q, widened to s16.
  void (*dot)(const std::int16_t* q_high, const std::int16_t* q_low, std::size_t head_size,
              const std::int16_t* k, std::size_t stride, std::size_t count, std::int32_t* high,
              std::int32_t* low);
  // s[j], and their max.
  float (*scores)(const std::int32_t* high, const std::int32_t* low, const float* k_scale,
                  std::size_t count, float a, float* s);
  // s[j] becomes w_j; returns the sum of the counts.
  std::uint32_t (*weigh)(float* s, const float* v_scale, std::size_t count, float max);
  // acc[d] = sum over j of weight[j] * v[j * stride + d], d < head_size; 0 <= weight.
  void (*gather)(const std::int16_t* weight, const std::int8_t* v, std::size_t stride,
                 std::size_t count, std::size_t head_size, std::int32_t* acc);
  // out[d] = fma(f32(acc[d]), take, mul(out[d], keep))
  void (*blend)(const std::int32_t* acc, std::size_t head_size, float take, float keep, float* out);
  // out[d] = canonical(div(out[d], l))
  void (*divide)(float* out, std::size_t head_size, float l);
};

extern const OpKernels kScalarOps, kSse2Ops, kAvx2Ops, kAvx512Ops;

const OpKernels& op_kernels(CpuLevel level);

}  // namespace assay::compute::rx1
