// SSE2: one row of a brick at a time.
#include "core/compute/simulate/bodies_loops.h"
#include "core/compute/simulate/lattice_loops.h"

namespace assay::compute::simulate {

const LatticeKernels kLatticeSse2 = {advance_brick<16>};
const BodiesKernels kBodiesSse2 = {impulses};

}  // namespace assay::compute::simulate
