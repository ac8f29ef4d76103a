// The definition of a brick's step, cell by cell, and of a block's impulses.
#include "core/compute/simulate/bodies_loops.h"
#include "core/compute/simulate/lattice_kernels.h"

namespace assay::compute::simulate {
namespace {

// Where the population of a direction comes from: a number of one of the bricks around.
std::uint32_t arriving(const BrickStep& step, int direction, int cell) {
  const int x = cell % 4 - kStep[direction][0];
  const int y = cell / 4 % 4 - kStep[direction][1];
  const int z = cell / 16 - kStep[direction][2];
  const int brick = ((z >> 2) + 1) * 9 + ((y >> 2) + 1) * 3 + (x >> 2) + 1;
  const int from = ((z & 3) * 4 + (y & 3)) * 4 + (x & 3);
  return static_cast<std::uint32_t>(step.around[brick][direction * kBrickCells + from]);
}

void advance_brick(const BrickStep& step, const LatticeConstants& constants) {
  std::uint32_t f[kBrickNumbers];
  for (int i = 0; i < kDirections; ++i) {
    for (int cell = 0; cell < kBrickCells; ++cell) {
      f[i * kBrickCells + cell] = arriving(step, i, cell);
    }
  }
  bounce_back(step, f);
  for (int cell = 0; cell < kBrickCells; ++cell) {
    std::uint32_t of_cell[kDirections];
    for (int i = 0; i < kDirections; ++i) of_cell[i] = f[i * kBrickCells + cell];
    collide<OneCell>(of_cell, constants);
    for (int i = 0; i < kDirections; ++i) {
      step.out[i * kBrickCells + cell] = static_cast<std::int32_t>(of_cell[i]);
    }
  }
  clear_solid(step);
}

}  // namespace

void bounce_back(const BrickStep& step, std::uint32_t* f) {
  const std::int32_t* own = step.around[13];
  for (std::size_t i = 0; i < step.links.count; ++i) {
    const Bounce& bounce = step.links.bounces[i];
    const std::int32_t back = own[opposite(bounce.direction) * kBrickCells + bounce.cell];
    f[bounce.direction * kBrickCells + bounce.cell] =
        static_cast<std::uint32_t>(back) + static_cast<std::uint32_t>(step.terms[bounce.term]);
  }
}

void clear_solid(const BrickStep& step) {
  for (std::uint64_t left = step.links.solid; left != 0; left &= left - 1) {
    const int cell = __builtin_ctzll(left);
    for (int i = 0; i < kDirections; ++i) step.out[i * kBrickCells + cell] = 0;
  }
}

const LatticeKernels kLatticeScalar = {advance_brick};
const BodiesKernels kBodiesScalar = {impulses};

const LatticeKernels& lattice_kernels(CpuLevel level) {
  switch (level) {
    case CpuLevel::scalar: return kLatticeScalar;
    case CpuLevel::sse2: return kLatticeSse2;
    case CpuLevel::avx2: return kLatticeAvx2;
    case CpuLevel::avx512: return kLatticeAvx512;
  }
  return kLatticeScalar;
}

const BodiesKernels& bodies_kernels(CpuLevel level) {
  switch (level) {
    case CpuLevel::scalar: return kBodiesScalar;
    case CpuLevel::sse2: return kBodiesSse2;
    case CpuLevel::avx2: return kBodiesAvx2;
    case CpuLevel::avx512: return kBodiesAvx512;
  }
  return kBodiesScalar;
}

}  // namespace assay::compute::simulate
