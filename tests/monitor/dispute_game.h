// A small job that is really run, and a dispute about it played to its end: the moves of both sides
// with their bytes. Seeded; one thread.
#pragma once

#include <vector>

#include "core/base/random.h"
#include "core/compute/program.h"
#include "core/wire/dispute.h"
#include "core/wire/trace.h"

namespace assay::test {

struct DisputeGame {
  std::uint32_t step = 0;
  wire::Trace trace;              // as attested
  std::vector<wire::Move> moves;  // the last one is a conviction
  std::vector<Bytes> blobs;       // of each move; empty where it has none
  bool provider_lied = false;
};

// The provider got an element of one operation wrong and the challenger shows it; or it was right,
// and the challenger picks what it convicts by chance.
DisputeGame play_dispute(const wire::WorkloadSpec& spec, bool provider_lied, Random& random);

}  // namespace assay::test
