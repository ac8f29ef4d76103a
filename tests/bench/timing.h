// Two pieces of work, timed side by side.
#pragma once

#include <functional>
#include <vector>

#include "tests/bench/bench.h"

namespace assay::bench {

using Work = std::function<void()>;

struct Seconds {
  double ours = 0;
  double theirs = 0;
};

// Medians of several rounds, per call. Every round times both, in turns who goes first, and repeats
// what is short. The time is the processor time of the calling thread, so that what else the
// machine does at the moment hardly shows: the work must not wait or use other threads.
Seconds time_both(const Options& options, const Work& ours, const Work& theirs);

// The times of so many calls, one by one, after one that is not counted; as above. For percentiles.
std::vector<double> sample_seconds(const Work& work, unsigned calls);

// Fills in the row from the times: as milliseconds, or as `amount` a second in 10^9.
void set_millis(Row& row, const Seconds& seconds);
void set_rate(Row& row, const Seconds& seconds, double amount);

}  // namespace assay::bench
