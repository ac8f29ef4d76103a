// A log of millions of entries: what proofs from it and a start on it cost. One thread.
#pragma once

#include <string>

#include "reputation/ledger/store.h"
#include "tests/bench/bench.h"

namespace assay::bench {

// Makes a log of options.entries small leaves in this folder, then proves entries of it and opens
// it again, each held to what is promised.
Result<Rows> large_log(const Options& options, const std::string& folder);

// How many leaves of this log a second all cores can check the signatures of, doing nothing else.
// Of its first `count`, or as many as there are.
Result<double> signatures_alone(reputation::Store& store, std::uint64_t count);

}  // namespace assay::bench
