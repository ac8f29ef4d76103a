// Reading leaves of a log so that nothing about them is believed: each hashes to what the head
// commits to, is a leaf, and says what its signer signed. The checks run on several threads; a call
// holds what it returns and no more. Errors are the fetcher's.
#pragma once

#include <span>

#include "reputation/ledger/replay.h"
#include "verifier/authentic_tiles.h"
#include "verifier/monitor/finding.h"

namespace assay::verifier::monitor {

struct ReadLeaves {
  std::vector<reputation::LoggedLeaf> leaves;  // up to the first bad one
  std::optional<Finding> broken;               // what is wrong with the one after them
};

// The leaves [from, to), to <= tiles.size(). threads >= 1.
Result<ReadLeaves> read_leaves(AuthenticTiles& tiles, const wire::TileFetcher& fetch,
                               std::uint64_t from, std::uint64_t to, unsigned threads);

// An error of reading a log: what its server answered wrongly is a finding, what did not come over
// the network stays an error.
Result<Finding> finding_of(const Error& error);

}  // namespace assay::verifier::monitor
