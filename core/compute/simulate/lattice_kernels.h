// The advance of one brick on one CPU level, as a table. Internal to core/compute/simulate; pure;
// any thread. The rule of core/compute/cpu/kernels.h holds here too: nothing of external linkage in
// level files.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/compute/engine.h"
#include "core/compute/simulate/lattice.h"

namespace assay::compute::simulate {

// A brick is 4x4x4 cells, cell number (z * 4 + y) * 4 + x; its row of the state is 19 x 64 numbers,
// direction by direction.
inline constexpr int kBrickSide = 4;
inline constexpr int kBrickCells = 64;
inline constexpr std::size_t kBrickNumbers = std::size_t{kDirections} * kBrickCells;
inline constexpr std::size_t kBrickBytes = kBrickNumbers * sizeof(std::int32_t);

// A link that ends at a wall or a solid cell: the population that would come from there.
struct Bounce {
  std::uint8_t cell;
  std::uint8_t direction;
  std::uint16_t term;  // index into the moving walls' terms
};

// What is particular about a brick.
struct BrickLinks {
  std::uint64_t solid = 0;  // bit = cell
  const Bounce* bounces = nullptr;
  std::size_t count = 0;
};

struct BrickStep {
  // The 27 bricks around, number (z * 3 + y) * 3 + x, each 0..2; 13 is the brick itself.
  const std::int32_t* around[27];
  BrickLinks links;
  const std::int32_t* terms;  // of the moving walls
  std::int32_t* out;          // kBrickNumbers; none of `around`
};

// What is done cell by cell at every level, in code that every machine has (level_scalar.cc).
// f has kBrickNumbers: the populations that bounce take the place of those that came.
void bounce_back(const BrickStep& step, std::uint32_t* f);
// Solid cells hold zeros.
void clear_solid(const BrickStep& step);

struct LatticeKernels {
  void (*advance_brick)(const BrickStep& step, const LatticeConstants& constants);
};

extern const LatticeKernels kLatticeScalar, kLatticeSse2, kLatticeAvx2, kLatticeAvx512;

const LatticeKernels& lattice_kernels(CpuLevel level);

}  // namespace assay::compute::simulate
