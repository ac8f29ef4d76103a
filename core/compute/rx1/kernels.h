// The SIMD twins of RX-1's elementwise functions and sums on one CPU level, as a table. Each entry
// equals the definition it names bit for bit. Internal to core/compute/rx1; pure; any thread. The
// rule of core/compute/cpu/kernels.h holds here too: nothing of external linkage in level files.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/compute/engine.h"

namespace assay::compute::rx1 {

using Map = void (*)(const float* in, float* out, std::size_t count);

struct Kernels {
  Map elementary[7];  // in the order of Elementary
  void (*widen_bf16)(const std::uint16_t* in, float* out, std::size_t count);
  void (*widen_f16)(const std::uint16_t* in, float* out, std::size_t count);
  void (*narrow_bf16)(const float* in, std::uint16_t* out, std::size_t count);
  void (*narrow_f16)(const float* in, std::uint16_t* out, std::size_t count);
  // lanes[l] takes x[l], x[l + 128], ... for whole rounds of 128: count is a multiple of kLanes.
  void (*add_to_lanes)(const float* x, std::size_t count, float* lanes);
  void (*add_squares_to_lanes)(const float* x, std::size_t count, float* lanes);
};

extern const Kernels kScalar, kSse2, kAvx2, kAvx512;

const Kernels& kernels(CpuLevel level);

}  // namespace assay::compute::rx1
