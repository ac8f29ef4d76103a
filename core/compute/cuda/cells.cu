// split_rows, dequantize, embed, rotate: each element of a matrix by itself
//   shapes as in module_abi.h, device memory
// Defined by core/compute/rx1/; the definitions' own functions, so equal bit for bit (cells.h).
#include "core/compute/cuda/cells.h"

#include "core/compute/cuda/context.h"

namespace assay::compute::cuda {
namespace {

template <class Cells>
__global__ void __launch_bounds__(kCellThreads) cells(const Cells args) {
  make_cells(args, cell_thread(blockIdx.x, blockIdx.y, threadIdx.x, gridDim.x, gridDim.y));
}

template <class Cells>
cudaError_t launch(Context& context, const Cells& args) {
  const CellGrid grid = cell_grid(args.rows(), args.cols());
  if (grid.x == 0 || grid.y == 0) return cudaSuccess;
  cells<Cells><<<dim3(grid.x, grid.y), kCellThreads, 0, context.work>>>(args);
  return cudaGetLastError();
}

}  // namespace

// All enqueue on the work stream; the caller synchronises.
cudaError_t launch_split_rows(Context& context, const SplitArgs& args) {
  return launch(context, SplitCells{args});
}
cudaError_t launch_dequantize(Context& context, const DequantizeArgs& args) {
  return launch(context, DequantizeCells{args});
}
cudaError_t launch_embed(Context& context, const EmbedArgs& args) {
  return launch(context, EmbedCells{args});
}
cudaError_t launch_rotate(Context& context, const RotateArgs& args) {
  if (2 * args.half > args.head_size) return cudaErrorInvalidValue;
  return launch(context, RotateCells{args});
}

}  // namespace assay::compute::cuda
