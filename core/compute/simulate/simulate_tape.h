// Steps of simulated systems as operations (dispute/tape.h).
//
// A lattice: "lattice slab" s32 [bricks, 19, 64], one for every time step of the commit, a brick at
// a time from the 27 bricks around it in the one before.
//
// Bodies, n of them:
//   drift     s64 [3, n]   places after the first half of the step's way
//   forces    s64 [n, 3]   the impulses on each body from up to 4096 of them; several operations
//   kick      s64 [n / 64, 6, 64]  the state after
#pragma once

#include "core/compute/dispute/tape.h"
#include "core/compute/program.h"
#include "core/compute/simulate/bodies_run.h"
#include "core/compute/simulate/lattice_run.h"

namespace assay::compute::simulate {

// step 1..N. Borrow the systems.
Tape lattice_tape(const Plan& plan, const Lattice& lattice, std::uint32_t step);
Tape bodies_tape(const Plan& plan, const Bodies& bodies, std::uint32_t step);

}  // namespace assay::compute::simulate
