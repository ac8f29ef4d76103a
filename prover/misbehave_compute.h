// Cheats in the computation: a Program bent away from the honest one. What such a provider commits
// to, it can open: its openings come from the bent program too. For misbehave.cc only.
#pragma once

#include "prover/cheat.h"

namespace assay::prover {

Cheat cheat_skip_steps();
Cheat cheat_repeat_first_step();
Cheat cheat_zero_state();
Cheat cheat_wild_state();
Cheat cheat_splice_cached_trajectory();
Cheat cheat_bad_rows_only();
Cheat cheat_random_output();
Cheat cheat_lower_precision();
Cheat cheat_fewer_samples();
Cheat cheat_inflated_scale();
Cheat cheat_garbage_inputs();
Cheat cheat_wrong_seed();
Cheat cheat_stale_result();

}  // namespace assay::prover
