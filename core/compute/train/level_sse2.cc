// SSE2, which every machine has.
#include "core/compute/train/train_loops.h"

namespace assay::compute::train {

const TrainKernels kSse2Train = kLoops;

}  // namespace assay::compute::train
