// Retro-audit: who unbonds has no reputation left to lose, so that each of its jobs which the coin
// passed over is owed a second coin, and what is found wrong then is taken from stake that no job
// locks any more. Pure; any thread; integers only.
// Source: reputation policy v1, "How often to audit". Vectors: vectors/audit_rate/retro.txt.
#pragma once

#include "core/base/time.h"
#include "reputation/policy/audit_rate.h"

namespace assay::reputation {

// A job that was passed over, as it stood when it was attested.
struct RetroJob {
  std::uint64_t price = 0;
  std::uint32_t stake_factor = 0;  // k of the tier at that time
  std::uint32_t detection_ppm = 1'000'000;
  Tier tier = Tier::entry;
  std::uint32_t had_ppm = 0;  // the probability that it was audited with
  UnixMillis attested;
};

// The second coin's probability: retro_coin_ppm() of what the job owes at R = 0 with k prices at
// stake; 0 once retention is over, when its openings may be gone.
std::uint32_t retro_coin_ppm(const RetroJob& job, UnixMillis now, const wire::Policy& policy);

// What is taken, in micros, for a job that settled before it was shown wrong: the share of k prices
// that the severity asks for, as far as stake reaches that is free or unbonding. Above severity 1,
// which only equivocation is, all of it.
struct RetroBasis {
  std::uint64_t free = 0;
  std::uint64_t unbonding = 0;
  std::uint64_t price = 0;
  std::uint32_t stake_factor = 0;
};
std::uint64_t retro_slash_amount(std::uint32_t severity_ppm, const RetroBasis& basis);

}  // namespace assay::reputation
