#include "reputation/policy/worker_check.h"

#include <algorithm>

namespace assay::reputation {
namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr std::uint64_t kSquaredDeviations = 16;
constexpr std::uint64_t kCountMax = std::uint64_t{1} << 24;  // so that nothing below overflows

// The same rate in counts that can be multiplied.
ReplayCounts scaled(ReplayCounts counts) {
  counts.mismatches = std::min(counts.mismatches, counts.judged);
  while (counts.judged > kCountMax) {
    counts.judged /= 2;
    counts.mismatches /= 2;
  }
  return counts;
}

}  // namespace

bool is_off(const ReplayCounts& one, const ReplayCounts& others) {
  const ReplayCounts a = scaled(one);
  const ReplayCounts b = scaled(others);
  if (a.judged < kReplaysShown || b.judged < kReplaysShown) return false;
  const std::uint64_t left = a.mismatches * b.judged;
  const std::uint64_t right = b.mismatches * a.judged;
  const std::uint64_t apart = left > right ? left - right : right - left;
  if (apart < 3 * b.judged) return false;
  const std::uint64_t all = a.judged + b.judged;
  const std::uint64_t wrong = a.mismatches + b.mismatches;
  return Wide{apart} * apart * all >
         Wide{kSquaredDeviations} * wrong * (all - wrong) * a.judged * b.judged;
}

}  // namespace assay::reputation
