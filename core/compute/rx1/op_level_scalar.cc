// The definition, compiled for any machine; the integer products as they are meant.
#include "core/compute/rx1/op_loops.h"

namespace assay::compute::rx1 {
namespace {

void dot(const std::int16_t* q_high, const std::int16_t* q_low, std::size_t head_size,
         const std::int16_t* k, std::size_t stride, std::size_t count, std::int32_t* high,
         std::int32_t* low) {
  for (std::size_t j = 0; j < count; ++j) {
    high[j] = low[j] = 0;
    for (std::size_t d = 0; d < head_size; ++d) {
      high[j] += std::int32_t{q_high[d]} * k[j * stride + d];
      low[j] += std::int32_t{q_low[d]} * k[j * stride + d];
    }
  }
}

void gather(const std::int16_t* weight, const std::int8_t* v, std::size_t stride, std::size_t count,
            std::size_t head_size, std::int32_t* acc) {
  for (std::size_t d = 0; d < head_size; ++d) acc[d] = 0;
  for (std::size_t j = 0; j < count; ++j) {
    for (std::size_t d = 0; d < head_size; ++d) {
      acc[d] += std::int32_t{weight[j]} * v[j * stride + d];
    }
  }
}

}  // namespace

const OpKernels kScalarOps = {
    amax_bits, quantize_s8, quantize_s16, split,     dequantize,   dequantize_limbs,
    normalize, swiglu_row,  add_rows,     embed_row, rotate_pairs, dot,
    scores,    weigh,       gather,       blend,     divide};

const OpKernels& op_kernels(CpuLevel level) {
  switch (level) {
    case CpuLevel::scalar: return kScalarOps;
    case CpuLevel::sse2: return kSse2Ops;
    case CpuLevel::avx2: return kAvx2Ops;
    case CpuLevel::avx512: return kAvx512Ops;
  }
  return kScalarOps;
}

}  // namespace assay::compute::rx1
