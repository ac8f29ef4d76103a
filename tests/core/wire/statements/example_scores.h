// Of FORMAT.md's examples, the snapshot at the end of the log and a final score of it.
#pragma once

#include <vector>

#include "core/wire/events.h"

namespace assay::test {

// The states of the example's provider in two classes, and of somebody who was caught; in the order
// of the snapshot.
std::vector<Bytes> example_states();
wire::Score example_preview(const Digest& root, const Digest& policy);
wire::Snapshot example_snapshot(const Digest& root, const Digest& policy);
// `score` made final: that of the provider's first state.
wire::Score example_final_score(wire::Score score, const wire::Snapshot& snapshot);

}  // namespace assay::test
