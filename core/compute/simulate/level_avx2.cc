// AVX2: two rows of a brick at a time.
#include "core/compute/simulate/bodies_loops.h"
#include "core/compute/simulate/lattice_loops.h"

namespace assay::compute::simulate {

const LatticeKernels kLatticeAvx2 = {advance_brick<32>};
const BodiesKernels kBodiesAvx2 = {impulses};

}  // namespace assay::compute::simulate
