// Cheats in the rows of a gemm chain that pass every check of their form: what followed rows and
// row micro-checks are for. Other workloads are run honestly. For misbehave.cc only.
#pragma once

#include "prover/cheat.h"

namespace assay::prover {

// Each step's weights are asked for two answers alone: what a row of ones in its first half gives,
// and one in its second half. Every row is then a sum of the two, by its halves' means.
Cheat cheat_rank_2_forge();
// The last sixteenth of a row's columns holds copies of others, kept below 127.
Cheat cheat_forged_columns();
// One row in a hundred (one at least), others at each step, is left as it was before the step.
Cheat cheat_one_row_in_a_hundred();

}  // namespace assay::prover
