// SSE2: every x86-64 has it. Without an fma instruction, fma_by_double is vectorised instead.
#include "core/compute/rx1/loops.h"

namespace assay::compute::rx1 {

const Kernels kSse2 = kLoops;

}  // namespace assay::compute::rx1
