// lattice: one time step of every cell, after (bricks, 19, 64) s32 from before
//   shapes as in module_abi.h, device memory
// Defined by core/compute/simulate/lattice.h and level_scalar.cc. This file equals them bit for bit
// (lattice_cell.h): integers, and the definition's own collision. A thread is a cell.
#include "core/compute/cuda/context.h"
#include "core/compute/cuda/lattice_cell.h"

namespace assay::compute::cuda {
namespace {

constexpr unsigned kThreads = 256;

__global__ void __launch_bounds__(kThreads, 2)
    lattice(const __grid_constant__ LatticeArgs args, std::uint64_t cells) {
  const std::uint64_t cell = std::uint64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (cell >= cells) return;
  advance_cell(args, cell / kCellsOfBrick, static_cast<unsigned>(cell % kCellsOfBrick));
}

}  // namespace

// Enqueues on the work stream; the caller synchronises.
cudaError_t launch_lattice(Context& context, const LatticeArgs& args) {
  const std::uint64_t cells = args.grid[0] * args.grid[1] * args.grid[2] * kCellsOfBrick;
  const std::uint64_t blocks = (cells + kThreads - 1) / kThreads;
  if (blocks == 0 || blocks > INT32_MAX) return cudaErrorInvalidValue;
  lattice<<<static_cast<unsigned>(blocks), kThreads, 0, context.work>>>(args, cells);
  return cudaGetLastError();
}

}  // namespace assay::compute::cuda
