// The part of `assay-bench parity` that holds RX-1's tensor operations to their definition. One
// thread at a time.
#pragma once

#include "tests/bench/bench.h"

namespace assay::bench {

// options.jobs random cases of every operation (op_cases.h), but at least 8, each on every CPU
// level, on 1 to 8 threads in turn, against the scalar definition on one thread. A row for each
// operation: `ours` counts equal runs, `theirs` all of them; a wrong one is named in the note.
Rows parity_ops(const Options& options);

}  // namespace assay::bench
