// Stake as a factor of trust: K = 1 - 5^-(bonded / required), which enters as K^0.15. Pure; any
// thread; integers only. Amounts in micros of the policy's currency.
// Source: reputation policy v1, "Stake K". Vectors: vectors/stake/.
//
// Bonded counts, not free: a flood of jobs must not lower an honest score. What others delegated
// counts half, since it is not the provider's own to lose.
#pragma once

#include <cstdint>

#include "reputation/policy/fixed.h"

namespace assay::reputation {

struct Bonds {
  std::uint64_t own = 0;
  std::uint64_t delegated = 0;
  std::uint64_t required = 0;  // by the provider's tier and class
};

// K in Q30: 0 without stake, .8 at what is required, one where nothing is required.
Q30 stake_factor(const Bonds& bonds);

}  // namespace assay::reputation
