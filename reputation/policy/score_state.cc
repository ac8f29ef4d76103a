#include "reputation/policy/score_state.h"

#include "reputation/policy/fold.h"
#include "reputation/policy/tiers.h"

namespace assay::reputation {

void set_numbers(wire::Score& score, const wire::ScoreState& state) {
  const Record record{.r = state.r,
                      .s = state.s,
                      .fr = state.fr,
                      .fs = state.fs,
                      .slash = state.slash,
                      .proven = state.proven,
                      .hours = state.hours,
                      .last_proven = state.last_proven,
                      .tombstoned = state.tombstoned};
  const Q30 uncapped = trust(record, state.uptime, state.performance, state.stake);
  score.trust_ppm = ppm_from_q30(cap_by_age(uncapped, state.age_days));
  score.slash_ppm = ppm_from_q30(slash_factor(record));
  score.integrity_ppm = ppm_from_q30(integrity(record));
  score.uptime_ppm = ppm_from_q30(state.uptime);
  score.performance_ppm = ppm_from_q30(state.performance);
  score.stake_ppm = ppm_from_q30(state.stake);
  score.audits = state.audited;
  score.uncertainty_ppm = ppm_from_q30(uncertainty(record));
  score.tombstoned = state.tombstoned;
}

const char* wrong_number(const wire::Score& score, const wire::ScoreState& state) {
  wire::Score right;
  set_numbers(right, state);
  if (score.trust_ppm != right.trust_ppm) return "trust_ppm";
  if (score.slash_ppm != right.slash_ppm) return "slash_ppm";
  if (score.integrity_ppm != right.integrity_ppm) return "integrity_ppm";
  if (score.uptime_ppm != right.uptime_ppm) return "uptime_ppm";
  if (score.performance_ppm != right.performance_ppm) return "performance_ppm";
  if (score.stake_ppm != right.stake_ppm) return "stake_ppm";
  if (score.audits != right.audits) return "audits";
  if (score.uncertainty_ppm != right.uncertainty_ppm) return "uncertainty_ppm";
  if (score.tombstoned != right.tombstoned) return "tombstoned";
  return nullptr;
}

}  // namespace assay::reputation
