// quantize_rows: q (M,K) s8 or s16, scale (M) f32 from x (M,K) f32
// rms_norm: y (M,K) f32 from x (M,K) f32, gain (K) f32
//   device memory, row-major; a row at a time is one block's
// Defined by core/compute/rx1/quantize.h and layer_ops.h. This file equals them bit for bit
// (row_blocks.h).
#include "core/compute/cuda/context.h"
#include "core/compute/cuda/row_blocks.h"

namespace assay::compute::cuda {
namespace {

template <class Q>
__global__ void __launch_bounds__(kQuantizeThreads)
    quantize_rows(const QuantizeArgs r, const float limit) {
  __shared__ QuantizeShared shared;
  const DeviceBlock<kQuantizeThreads> block;
  for (std::uint64_t row = blockIdx.x; row < r.rows; row += gridDim.x) {
    quantize_row(block, reinterpret_cast<const float*>(r.x) + row * r.cols, r.cols, limit,
                 reinterpret_cast<Q*>(r.q) + row * r.cols, reinterpret_cast<float*>(r.scale) + row,
                 shared);
  }
}

__global__ void __launch_bounds__(kSegmentLanes) rms_norm_rows(const RmsNormArgs r) {
  __shared__ RmsNormShared shared;
  const DeviceBlock<kSegmentLanes> block;
  for (std::uint64_t row = blockIdx.x; row < r.rows; row += gridDim.x) {
    rms_norm_row(block, reinterpret_cast<const float*>(r.x) + row * r.cols,
                 reinterpret_cast<const float*>(r.gain), r.epsilon, r.cols,
                 reinterpret_cast<float*>(r.y) + row * r.cols, shared);
  }
}

unsigned blocks_for(std::uint64_t rows) {
  constexpr std::uint64_t kBlocksMax = 1 << 20;
  return static_cast<unsigned>(rows < kBlocksMax ? rows : kBlocksMax);
}

}  // namespace

// Both enqueue on the work stream; the caller synchronises.
cudaError_t launch_quantize(Context& context, const QuantizeArgs& args) {
  if (args.rows == 0 || args.cols == 0) return cudaSuccess;
  if (args.limbs < 1 || args.limbs > 2) return cudaErrorInvalidValue;
  if (args.limbs == 1) {
    quantize_rows<std::int8_t>
        <<<blocks_for(args.rows), kQuantizeThreads, 0, context.work>>>(args, rx1::kS8Limit);
  } else {
    quantize_rows<std::int16_t>
        <<<blocks_for(args.rows), kQuantizeThreads, 0, context.work>>>(args, rx1::kS16Limit);
  }
  return cudaGetLastError();
}

cudaError_t launch_rms_norm(Context& context, const RmsNormArgs& args) {
  if (args.rows == 0 || args.cols == 0) return cudaSuccess;
  if (args.cols > kNormWidthMax) return cudaErrorInvalidValue;
  rms_norm_rows<<<blocks_for(args.rows), kSegmentLanes, 0, context.work>>>(args);
  return cudaGetLastError();
}

}  // namespace assay::compute::cuda
