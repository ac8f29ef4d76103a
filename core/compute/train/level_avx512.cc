// AVX-512 F, BW, DQ and VL.
#include "core/compute/train/train_loops.h"

namespace assay::compute::train {

const TrainKernels kAvx512Train = kLoops;

}  // namespace assay::compute::train
