// Top-up canaries: jobs of the verifier's own, whose answers it knows, given to providers whose
// work is so seldom audited that their evidence would fade faster than it grows. Pure; any thread.
// Source: reputation policy v1, "Integrity I".
#pragma once

#include <cstdint>

namespace assay::reputation {

// Below so many audits a day evidence starves: 0.47 a day gives I = 0.957, 2 a day 0.984.
inline constexpr std::uint32_t kAuditsADay = 2;

// What a provider is owed today for yesterday, in one class: what was missing of kAuditsADay, if it
// worked at all. Counted a day late, so that nobody can tell by its own audits whether the next job
// is a canary.
constexpr std::uint32_t canaries_owed(std::uint32_t attested_yesterday,
                                      std::uint32_t audited_yesterday) {
  if (attested_yesterday == 0 || audited_yesterday >= kAuditsADay) return 0;
  return kAuditsADay - audited_yesterday;
}

}  // namespace assay::reputation
