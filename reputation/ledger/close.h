// Closing what is over: epochs into a class's record, days into its tier. Private to
// reputation/ledger.
#pragma once

#include "reputation/ledger/class_fold.h"
#include "reputation/ledger/view.h"

namespace assay::reputation {

// The policy that was in force when a day ended.
Result<wire::Policy> policy_of_day(const ReadTxn& txn, std::uint64_t day,
                                   const wire::Policy& current);

}  // namespace assay::reputation
