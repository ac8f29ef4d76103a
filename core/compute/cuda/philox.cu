// philox_s8: q[r,c] = stream value r * cols + c of one tensor, s8
// pack_rows: rows of cols bytes to rows of ld bytes, the rest zero
//   q (rows, ld) s8, device memory, row-major
// Defined by core/compute/philox.cc. This file equals it bit for bit.
#include "core/compute/cuda/context.h"
#include "core/compute/cuda/philox_place.h"

namespace assay::compute::cuda {
namespace {

constexpr unsigned kThreads = 256;

__global__ void __launch_bounds__(kThreads)
    philox_blocks_s8(const PhiloxArgs args, std::uint64_t blocks) {
  const std::uint64_t stride = std::uint64_t{gridDim.x} * kThreads;
  for (std::uint64_t i = std::uint64_t{blockIdx.x} * kThreads + threadIdx.x; i < blocks;
       i += stride) {
    place_philox_block(args, i, reinterpret_cast<std::int8_t*>(args.q));
  }
}

unsigned blocks_for(std::uint64_t items) {
  constexpr std::uint64_t kBlocksMax = 1 << 16;
  const std::uint64_t blocks = (items + kThreads - 1) / kThreads;
  return static_cast<unsigned>(blocks < kBlocksMax ? blocks : kBlocksMax);
}

}  // namespace

// Enqueues on the work stream; the caller synchronises.
cudaError_t launch_philox_s8(Context& context, const PhiloxArgs& args) {
  if (args.ld > args.cols) {
    const cudaError_t cleared =
        cudaMemset2DAsync(reinterpret_cast<std::uint8_t*>(args.q) + args.cols, args.ld, 0,
                          args.ld - args.cols, args.rows, context.work);
    if (cleared != cudaSuccess) return cleared;
  }
  const std::uint64_t blocks = philox_blocks(args.rows, args.cols);
  philox_blocks_s8<<<blocks_for(blocks), kThreads, 0, context.work>>>(args, blocks);
  return cudaGetLastError();
}

// Enqueues on the work stream; the caller synchronises.
cudaError_t launch_pack_rows(Context& context, DevicePtr from, DevicePtr to, std::uint64_t rows,
                             std::uint64_t cols, std::uint64_t ld) {
  auto* target = reinterpret_cast<std::uint8_t*>(to);
  if (ld > cols) {
    const cudaError_t cleared =
        cudaMemset2DAsync(target + cols, ld, 0, ld - cols, rows, context.work);
    if (cleared != cudaSuccess) return cleared;
  }
  return cudaMemcpy2DAsync(target, ld, reinterpret_cast<const void*>(from), cols, cols, rows,
                           cudaMemcpyDeviceToDevice, context.work);
}

}  // namespace assay::compute::cuda
