// The definition of bodies.h as a loop over the bodies of a block, which the compiler turns into
// the vector code of the including file's level. Internal linkage throughout: see bodies_kernels.h.
#pragma once

#include "core/compute/simulate/bodies_kernels.h"

namespace assay::compute::simulate {
namespace {

void impulses(const Places& places, std::size_t first, const Gravity& gravity,
              std::int64_t* __restrict sums) {
  const std::int32_t* __restrict x = places.x + first;
  const std::int32_t* __restrict y = places.y + first;
  const std::int32_t* __restrict z = places.z + first;
  const float* __restrict mass = places.mass + first;
  const Gravity shared = gravity;
  for (std::size_t i = 0; i < 3 * kBlockBodies; ++i) sums[i] = 0;
  for (std::size_t j = 0; j < places.count; ++j) {
    const std::int32_t xj = places.x[j], yj = places.y[j], zj = places.z[j];
    const float mj = places.mass[j];
    for (std::size_t i = 0; i < kBlockBodies; ++i) {
      const Impulse by = impulse(ticks_apart(xj, x[i]), ticks_apart(yj, y[i]),
                                 ticks_apart(zj, z[i]), rx1::mul(mass[i], mj), shared);
      sums[i] += by.x;
      sums[kBlockBodies + i] += by.y;
      sums[2 * kBlockBodies + i] += by.z;
    }
  }
}

}  // namespace
}  // namespace assay::compute::simulate
