// Who shares the newcomers' floor of a match (matching.h, MatchWeights::newcomer_floor_ppm): keys
// that have nothing to show yet, and keys that a slash keeps from ever showing it. Without the
// second a slashed key is given no work, is worth less than a new one, and is left behind for one.
// Its jobs are audited at the rate of Entry and covered by stake like any newcomer's. Pure; any
// thread. Source: reputation policy v1, "Adversaries" (whitewash).
#pragma once

#include "reputation/policy/fold.h"

namespace assay::reputation {

// audited: in the class. True too while the slashes of the record alone keep its trust below what
// Low asks for, however well it works; never for a tombstone, which takes no more jobs.
bool shares_newcomer_floor(std::uint64_t audited, const Record& record);

}  // namespace assay::reputation
