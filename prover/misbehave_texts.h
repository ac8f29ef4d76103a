// Cheats against texts, and those against training and simulations that are theirs alone: a Program
// bent away from the honest one, as in misbehave_compute.h. For misbehave.cc only.
#pragma once

#include "prover/cheat.h"

namespace assay::prover {

Cheat cheat_smaller_model();
Cheat cheat_four_bit_weights();
Cheat cheat_truncated_text();
Cheat cheat_forged_early_end();
Cheat cheat_prefill_forge();
Cheat cheat_skip_one_step();
Cheat cheat_repeat_one_step();
Cheat cheat_fewer_time_steps();

}  // namespace assay::prover
