// AVX-512: a layer of a brick at a time.
#include "core/compute/simulate/bodies_loops.h"
#include "core/compute/simulate/lattice_loops.h"

namespace assay::compute::simulate {

const LatticeKernels kLatticeAvx512 = {advance_brick<64>};
const BodiesKernels kBodiesAvx512 = {impulses};

}  // namespace assay::compute::simulate
