// train_rows: operations on rows (rows, width) f32, a row at a time one block's
// segment_sums: sums of rows, each column of each segment one block's
//   shapes as in module_abi.h, device memory
// Defined by core/compute/train/train_loops.h and products.cc. This file equals them bit for bit
// (train_row.h).
#include "core/compute/cuda/context.h"
#include "core/compute/cuda/train_row.h"

namespace assay::compute::cuda {
namespace {

__global__ void __launch_bounds__(kSegmentLanes) train_rows(const TrainRowsArgs args) {
  __shared__ TrainRowShared shared;
  const DeviceBlock<kSegmentLanes> block;
  for (std::uint64_t row = blockIdx.x; row < args.rows; row += gridDim.x) {
    train_row(block, args, row, shared);
  }
}

__global__ void __launch_bounds__(kSegmentLanes) segment_sums(const SegmentSumsArgs args) {
  __shared__ RmsNormShared shared;
  const DeviceBlock<kSegmentLanes> block;
  for (std::uint64_t i = blockIdx.x; i < args.segments * args.cols; i += gridDim.x) {
    segment_sum(block, args, i / args.cols, i % args.cols, shared);
  }
}

unsigned blocks_for(std::uint64_t count) {
  constexpr std::uint64_t kBlocksMax = 1 << 20;
  return static_cast<unsigned>(count < kBlocksMax ? count : kBlocksMax);
}

}  // namespace

// Both enqueue on the work stream; the caller synchronises.
cudaError_t launch_train_rows(Context& context, const TrainRowsArgs& args) {
  if (args.rows == 0) return cudaSuccess;
  if (args.width == 0 || args.width > kSegmentElements) return cudaErrorInvalidValue;
  train_rows<<<blocks_for(args.rows), kSegmentLanes, 0, context.work>>>(args);
  return cudaGetLastError();
}

cudaError_t launch_segment_sums(Context& context, const SegmentSumsArgs& args) {
  if (args.segments == 0 || args.cols == 0) return cudaSuccess;
  segment_sums<<<blocks_for(args.segments * args.cols), kSegmentLanes, 0, context.work>>>(args);
  return cudaGetLastError();
}

}  // namespace assay::compute::cuda
