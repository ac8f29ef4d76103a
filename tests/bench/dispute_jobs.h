// For every workload, the jobs whose disputes are dearest to judge: as large as the caps let an
// order be, each in one of the ways in which an operation can become dear. Values; any thread.
#pragma once

#include <vector>

#include "tests/bench/jobs.h"

namespace assay::bench {

// Quick: the same kinds, small.
//   others       of the loaders: such an order is refused, which it must not be
Result<std::vector<Job>> largest_jobs(bool quick);

}  // namespace assay::bench
