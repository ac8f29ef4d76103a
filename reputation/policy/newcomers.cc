#include "reputation/policy/newcomers.h"

#include "reputation/policy/tiers.h"

namespace assay::reputation {

bool shares_newcomer_floor(std::uint64_t audited, const Record& record) {
  if (record.tombstoned) return false;
  return audited == 0 || ppm_from_q30(slash_factor(record)) < tier_rule(Tier::low).trust_min_ppm;
}

}  // namespace assay::reputation
