// The definition, compiled for any machine.
#include "core/compute/rx1/loops.h"

namespace assay::compute::rx1 {

const Kernels kScalar = kLoops;

}  // namespace assay::compute::rx1
