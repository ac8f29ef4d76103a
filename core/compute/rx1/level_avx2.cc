// AVX2 and FMA.
#include "core/compute/rx1/loops.h"

namespace assay::compute::rx1 {

const Kernels kAvx2 = kLoops;

}  // namespace assay::compute::rx1
