// move, small_gemm, train_cells: each element of a matrix by itself
//   shapes as in module_abi.h, device memory
// Defined by core/compute/train/train_loops.h and rx1/limb_gemm.h. This file equals them bit for
// bit (train_cell.h).
#include "core/compute/cuda/context.h"
#include "core/compute/cuda/train_cell.h"

namespace assay::compute::cuda {
namespace {

template <class Cells>
__global__ void __launch_bounds__(kCellThreads, 4) cells(const __grid_constant__ Cells args) {
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
cudaError_t launch_move(Context& context, const MoveArgs& args) {
  return launch(context, MoveCells{args});
}
cudaError_t launch_small_gemm(Context& context, const SmallGemmArgs& args) {
  if (args.k > 131072 || args.share == 0) return cudaErrorInvalidValue;
  return launch(context, SmallGemmCells{args});
}
cudaError_t launch_train_cells(Context& context, const TrainCellsArgs& args) {
  return launch(context, TrainCells{args});
}

}  // namespace assay::compute::cuda
