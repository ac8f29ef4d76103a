// The definition, compiled for any machine.
#include "core/compute/train/train_loops.h"

namespace assay::compute::train {

const TrainKernels kScalarTrain = kLoops;

}  // namespace assay::compute::train
