#include "reputation/policy/fold.h"

#include <algorithm>

namespace assay::reputation {
namespace {

constexpr Q30 kSlow = ratio(998, 1000);
constexpr Q30 kFast = ratio(96, 100);
constexpr Q30 kFastTarget = ratio(95, 100);
constexpr Q30 kZSquared = ratio(2'706'025, 1'000'000);  // 1.645^2
constexpr Q30 kLog2E = 1'549'082'005;                   // log2(e)
constexpr Q30 kHourFor = exp2_negative(kOne / (90 * 24));
constexpr Q30 kHourAgainst = exp2_negative(kOne / (180 * 24));
constexpr std::uint64_t kSoftWeight = 3;
constexpr Q30 kProvenMass = 25 * kOne;
constexpr std::uint64_t kTombstoneHours = 365 * 24;
constexpr Q30 kMassMax = Q30{1} << 56;  // far beyond any history; keeps sums inside 64 bits

Q30 scale(Q30 a, Q30 b) {
  return static_cast<Q30>(multiply(a, b));
}

// n unit observations of one sign: its mass and the other's.
void observe(Q30& mass, Q30& other, Q30 forgetting, std::uint64_t n) {
  const Q30 kept = power(forgetting, n);
  mass = scale(mass, kept) + static_cast<Q30>(divide(kOne - kept, kOne - forgetting));
  other = scale(other, kept);
}

Q30 add_capped(Q30 to, Wide more) {
  return static_cast<Q30>(std::min<Wide>(Wide{to} + more, kMassMax));
}

void convict(Record& record, const EpochCounts& counts) {
  const bool soon_after =
      record.last_proven && record.hours - *record.last_proven <= kTombstoneHours;
  if (soon_after || counts.proven >= 2 || counts.equivocations > 0) record.tombstoned = true;
  record.s = add_capped(record.s, Wide{kProvenMass} * counts.proven);
  record.fr = 0;
  record.fs = kProvenMass;
  record.slash = add_capped(record.slash, (Wide{counts.severity_ppm} * kOne + 500'000) / 1'000'000);
  record.proven += counts.proven;
  record.last_proven = record.hours;
}

}  // namespace

Q30 q30_from_ppm(std::uint32_t ppm) {
  return ratio(ppm, 1'000'000);
}

std::uint32_t ppm_from_q30(Q30 value) {
  return static_cast<std::uint32_t>((Wide{value} * 1'000'000) >> 30);
}

Record decayed(Record record, std::uint32_t hours) {
  const Q30 kept_for = power(kHourFor, hours);
  const Q30 kept_against = power(kHourAgainst, hours);
  record.hours += hours;
  record.r = scale(record.r, kept_for);
  record.s = scale(record.s, kept_against);
  record.slash = scale(record.slash, kept_against);
  return record;
}

Record fold_epoch(Record record, const EpochCounts& counts, std::uint32_t hours_since_last) {
  record = decayed(record, hours_since_last);
  if (counts.passes > 0) {
    observe(record.r, record.s, kSlow, counts.passes);
    observe(record.fr, record.fs, kFast, counts.passes);
  }
  if (counts.soft > 0) {
    observe(record.s, record.r, kSlow, kSoftWeight * counts.soft);
    observe(record.fs, record.fr, kFast, kSoftWeight * counts.soft);
  }
  if (counts.proven > 0 || counts.equivocations > 0) convict(record, counts);
  return record;
}

Q30 wilson_lower_bound(Q30 successes, Q30 trials) {
  if (trials == 0) return 0;
  const Wide p = successes < trials ? divide(successes, trials) : Wide{kOne};
  const Wide spread = divide(kZSquared, trials);  // z^2 / n
  const Wide per_trial = divide(kOne, trials);
  const Wide inner = multiply(multiply(p, kOne - p), per_trial) + multiply(per_trial, spread) / 4;
  const Wide half_width = square_root(multiply(kZSquared, inner) << 30);
  const Wide centre = p + spread / 2;
  if (centre <= half_width) return 0;
  return static_cast<Q30>(divide(centre - half_width, kOne + spread));
}

Q30 integrity(const Record& record) {
  const Q30 slow = wilson_lower_bound(record.r, record.r + record.s);
  const Q30 fast_mass = record.fr + record.fs;
  if (fast_mass == 0) return slow;
  const Wide fast = divide(divide(record.fr, fast_mass), kFastTarget);
  return scale(slow, static_cast<Q30>(std::min<Wide>(fast, kOne)));
}

Q30 slash_factor(const Record& record) {
  return exp2_negative(scale(record.slash, kLog2E));
}

Q30 uncertainty(const Record& record) {
  return static_cast<Q30>(divide(2 * kOne, Wide{record.r} + record.s + 2 * kOne));
}

Q30 trust(const Record& record, Q30 uptime, Q30 performance, Q30 stake) {
  if (record.tombstoned) return 0;
  Q30 stake_factor = 0;  // stake^0.15
  if (stake >= kOne) {
    stake_factor = kOne;
  } else if (stake > 0) {
    stake_factor = exp2_negative(log2_negative(stake) * 15 / 100);
  }
  Q30 value = scale(slash_factor(record), integrity(record));
  value = scale(value, uptime);
  value = scale(value, performance);
  return scale(value, stake_factor);
}

}  // namespace assay::reputation
