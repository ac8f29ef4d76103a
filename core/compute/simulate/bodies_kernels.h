// The impulses of one block of bodies on one CPU level, as a table; see lattice_kernels.h.
// Internal to core/compute/simulate; pure; any thread.
#pragma once

#include <cstddef>

#include "core/compute/engine.h"
#include "core/compute/simulate/bodies.h"

namespace assay::compute::simulate {

inline constexpr std::size_t kBlockBodies = 64;  // a row of the state: 6 x 64 numbers

// Ticks and masses of all bodies, axis by axis; borrows.
struct Places {
  const std::int32_t* x;
  const std::int32_t* y;
  const std::int32_t* z;
  const float* mass;
  std::size_t count;
};

struct BodiesKernels {
  // sums[axis * 64 + i] = what all bodies do to body first + i.
  void (*impulses)(const Places& places, std::size_t first, const Gravity& gravity,
                   std::int64_t* sums);
};

extern const BodiesKernels kBodiesScalar, kBodiesSse2, kBodiesAvx2, kBodiesAvx512;

const BodiesKernels& bodies_kernels(CpuLevel level);

}  // namespace assay::compute::simulate
