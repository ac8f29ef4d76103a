#include "tests/bench/timing.h"

#include <time.h>

#include <algorithm>

namespace assay::bench {
namespace {

constexpr unsigned kRounds = 7;
constexpr unsigned kQuickRounds = 3;
constexpr unsigned kRoundsMax = 61;
constexpr double kWorthSeconds = 3;  // short work is timed over more rounds: a machine has moods
constexpr double kSampleSeconds = 0.05;
constexpr double kQuickSampleSeconds = 0.002;
constexpr double kCallsMax = 1e6;

double thread_seconds() {
  timespec now{};
  ASSAY_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0, "no clock for this thread");
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds_per_call(const Work& work, unsigned calls) {
  const double began = thread_seconds();
  for (unsigned i = 0; i < calls; ++i) work();
  return (thread_seconds() - began) / calls;
}

// So many calls that a sample is long enough for the clock. The first call also warms caches.
unsigned calls_per_sample(const Work& work, double sample_seconds) {
  const double once = std::max(seconds_per_call(work, 1), 1e-9);
  return static_cast<unsigned>(std::clamp(sample_seconds / once, 1.0, kCallsMax));
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

Seconds time_both(const Options& options, const Work& ours, const Work& theirs) {
  const double sample = options.quick ? kQuickSampleSeconds : kSampleSeconds;
  const unsigned our_calls = calls_per_sample(ours, sample);
  const unsigned their_calls = calls_per_sample(theirs, sample);
  std::vector<double> our_times;
  std::vector<double> their_times;
  const double began = thread_seconds();
  for (unsigned round = 0; round < kRoundsMax; ++round) {
    if (options.quick && round == kQuickRounds) break;
    if (round >= kRounds && thread_seconds() - began > kWorthSeconds) break;
    const bool ours_first = round % 2 == 0;
    if (ours_first) our_times.push_back(seconds_per_call(ours, our_calls));
    their_times.push_back(seconds_per_call(theirs, their_calls));
    if (!ours_first) our_times.push_back(seconds_per_call(ours, our_calls));
  }
  return {median(our_times), median(their_times)};
}

std::vector<double> sample_seconds(const Work& work, unsigned calls) {
  work();
  std::vector<double> times;
  for (unsigned i = 0; i < calls; ++i) times.push_back(seconds_per_call(work, 1));
  return times;
}

void set_millis(Row& row, const Seconds& seconds) {
  row.unit = "ms";
  row.ours = seconds.ours * 1e3;
  row.theirs = seconds.theirs * 1e3;
}

void set_rate(Row& row, const Seconds& seconds, double amount) {
  row.ours = amount / seconds.ours * 1e-9;
  row.theirs = amount / seconds.theirs * 1e-9;
}

}  // namespace assay::bench
