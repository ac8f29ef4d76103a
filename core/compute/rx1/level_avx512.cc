// AVX-512 F, BW, DQ and VL.
#include "core/compute/rx1/loops.h"

namespace assay::compute::rx1 {

const Kernels kAvx512 = kLoops;

}  // namespace assay::compute::rx1
