// How often to audit: often enough that cheating does not pay at this price, stake and reputation.
// Pure; any thread; integers only. Amounts in micros of the policy's currency.
// Source: reputation policy v1, "How often to audit". Vectors: vectors/audit_rate/.
//
//   p >= (1 + mu)(v - c') / (d (1 - q_c)(v + s + h R)),   mu = h = 1/4, clipped to [floor, 1]
//
// Every probability is in ppm and rounded up. Nothing here asks how busy the verifier is: when
// replay is saturated settlement waits, p does not fall.
#pragma once

#include <cstdint>
#include <optional>

#include "core/wire/policy.h"
#include "reputation/policy/tiers.h"

namespace assay::reputation {

// What one job is worth to a cheat, and what it risks.
struct Stakes {
  std::uint64_t price = 0;       // v
  std::uint64_t cheat_cost = 0;  // c': what the cheapest known forgery costs; 0 when unknown
  std::uint64_t locked = 0;      // s: stake locked to this job
  std::uint64_t rent = 0;        // R: see conservative_rent()
  // d: how likely an audit at the depth used meets the plan's cheapest known forgery. 1..1,000,000.
  std::uint32_t detection_ppm = 1'000'000;
  // q_c: how likely an audit that met it says otherwise; 0 for trusted replay. 0..999,999.
  std::uint32_t miss_ppm = 0;
};

// The inequality alone, rounded up, at most 1,000,000; 0 when forging costs the price or more.
std::uint32_t priced_rate_ppm(const Stakes& stakes);

// R: what losing the tier costs, estimated low, because an estimate too high would lower p. A tenth
// of the income (the part that reputation buys) of as many days as the tier asks a key to be old;
// of the two means of daily income the lower, so that a burst of jobs paid by oneself buys nothing.
std::uint64_t conservative_rent(std::uint64_t income_7d, std::uint64_t income_30d, Tier tier);

// Where a provider stands in the class of the job, before it.
struct AuditStanding {
  std::uint64_t attested = 0;      // jobs attested in this class so far
  std::uint32_t careful_jobs = 0;  // jobs still audited more often, after a soft failure
  Tier tier = Tier::entry;
};

// The probability that this job is audited with: 1 for the class's first jobs; then the largest of
// the policy's audit_ppm, the tier's floor and the price of cheating; four times that, at most 1,
// while the provider is careful. The policy's audit_ppm is the least that anybody is audited with:
// receipts are checked against it. One of 500,000 therefore audits all tiers alike.
std::uint32_t audit_rate_ppm(const AuditStanding& standing, const Stakes& stakes,
                             const wire::Policy& policy);

// The whole probability that a job is owed once its provider unbonds: the rate at R = 0, since a
// provider that leaves has no reputation to lose. For s = k v and d = .95: 1.316 / (1 + k).
std::uint32_t retro_rate_ppm(Stakes stakes, Tier tier);
// The coin for a job that was passed over at `had_ppm`, so that in all it was audited with
// `owed_ppm`: (owed - had) / (1 - had), rounded up; 0 when it had as much.
std::uint32_t retro_coin_ppm(std::uint32_t owed_ppm, std::uint32_t had_ppm);

// No failure in k audits: the share of cheated jobs is below this with 95 % confidence,
// 1 - 0.05^(1/k). 1,000,000 at k = 0. Never below the exact value, at most 1 ppm above.
std::uint32_t cheat_share_bound_ppm(std::uint64_t audits);

// Why a job of this price may not be given; none: it may.
enum class ExposureLimit : std::uint8_t { job_price, open_jobs, stake };
const char* exposure_limit_name(ExposureLimit limit);  // "job price", …

struct Exposure {
  std::uint32_t open_jobs = 0;
  std::uint64_t unsettled = 0;                // prices of all jobs not yet settled, together
  std::optional<std::uint64_t> bonded_stake;  // none: this service does not measure stake
};
// The tier's price per job and number of open jobs; and all unsettled prices with this one at most
// stake / k. A job that no stake covers is refused where stake is measured.
std::optional<ExposureLimit> exposure_limit(const Exposure& exposure, std::uint64_t price,
                                            Tier tier);

}  // namespace assay::reputation
