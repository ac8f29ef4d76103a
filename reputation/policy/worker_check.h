// Is one of those who replay unlike the others? Rates of mismatches compared, in integers. Pure;
// any thread. Vectors: none; tests/reputation/policy/worker_check_test.cc has the boundary cases.
#pragma once

#include <cstdint>

namespace assay::reputation {

// What somebody's replays came to: a worker's, or those of one device or driver. Inconclusive ones
// count for nothing: nobody is judged by failures of ours.
struct ReplayCounts {
  std::uint64_t judged = 0;      // matches and mismatches
  std::uint64_t mismatches = 0;  // at most judged
};

// Fewer replays than this show nothing.
inline constexpr std::uint64_t kReplaysShown = 20;

// Whether a rate of mismatches is so far from that of all others that chance hardly explains it:
// four standard deviations of the two-sample test, (k/n - K/N)^2 > 16 p(1-p)(1/n + 1/N) with p of
// both together, and at least three mismatches more or fewer than the others' rate gives. Flagged,
// not punished: whoever replays for dishonest providers sees more mismatches than others.
bool is_off(const ReplayCounts& one, const ReplayCounts& others);

}  // namespace assay::reputation
