// The CPU levels that this machine has, for tests that hold each of them to the definition.
#pragma once

#include <vector>

#include "core/compute/engine.h"

namespace assay::test {

inline std::vector<compute::CpuLevel> cpu_levels() {
  using compute::CpuLevel;
  std::vector<CpuLevel> out;
  for (CpuLevel level : {CpuLevel::scalar, CpuLevel::sse2, CpuLevel::avx2, CpuLevel::avx512}) {
    if (compute::cpu_level_supported(level)) out.push_back(level);
  }
  return out;
}

}  // namespace assay::test
