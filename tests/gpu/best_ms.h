// Time on the device. One thread.
#pragma once

#include "tests/gpu/check.h"

namespace assay::gpu {

inline constexpr int kRounds = 5;

// Milliseconds of `work` on the device, the best of kRounds after one that is not counted.
template <class Work>
double best_ms(const Device& device, Work&& work) {
  double best = 0;
  for (int round = 0; round <= kRounds; ++round) {
    float ms = 0;
    require(device.call(&ModuleTable::mark, std::uint32_t{0}), "mark");
    work();
    require(device.call(&ModuleTable::mark, std::uint32_t{1}), "mark");
    require(device.call(&ModuleTable::elapsed_ms, &ms), "elapsed");
    if (round == 1 || (round > 1 && double{ms} < best)) best = double{ms};
  }
  return best;
}

}  // namespace assay::gpu
