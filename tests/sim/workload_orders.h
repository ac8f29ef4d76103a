// Orders of the workloads that need inputs of their own, small enough for a world of many jobs.
#pragma once

#include "tests/sim/world.h"

namespace assay::test {

// A text by the committed model (vectors/models/stories), sampled unless greedy: a prompt of more
// than one chunk of 16, then up to 48 tokens. The model's chunks are put where the service finds
// them.
wire::Order text_order(World& world, bool greedy = false);
// A small classifier, `steps` steps.
wire::Order train_order(World& world, std::uint32_t steps = 4);
// 32 x 32 x 4 cells of eddies; or 256 bodies.
wire::Order lattice_order(World& world);
wire::Order bodies_order(World& world);

}  // namespace assay::test
