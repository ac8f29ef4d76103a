// The numbers of a score out of the state that a snapshot has of it: what anybody recomputes who
// holds a final score statement. Pure; any thread. Vectors: vectors/score/.
#pragma once

#include "core/wire/events.h"

namespace assay::reputation {

// Sets every number of the score that follows from the state alone: trust and its factors, the
// audits, the tombstone.
void set_numbers(wire::Score& score, const wire::ScoreState& state);

// The name of the first of them that is another than the state's; null: they are all equal.
const char* wrong_number(const wire::Score& score, const wire::ScoreState& state);

}  // namespace assay::reputation
