#include "reputation/policy/entry_bond.h"

#include <algorithm>
#include <limits>

#include "reputation/policy/fixed.h"

namespace assay::reputation {

std::uint64_t entry_bond_micros(const wire::Policy& policy) {
  if (policy.stake_required_micros == 0) return 0;
  const Wide bond = Wide{policy.reference_value_micros} * policy.first_jobs;
  return static_cast<std::uint64_t>(
      std::min<Wide>(bond, std::numeric_limits<std::uint64_t>::max()));
}

}  // namespace assay::reputation
