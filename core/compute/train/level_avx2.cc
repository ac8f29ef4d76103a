// AVX2 and FMA.
#include "core/compute/train/train_loops.h"

namespace assay::compute::train {

const TrainKernels kAvx2Train = kLoops;

}  // namespace assay::compute::train
