// Closing what is over: epochs into a class's record, days into its tier. Private to
// reputation/ledger.
#pragma once

#include "reputation/ledger/view.h"

namespace assay::reputation {

// K of this bond.
Q30 stake_share(const StakeState& row, const wire::Policy& policy);

// The record of a class as it stands at that hour if nothing more happens.
Record idle_until(const ClassState& state, std::uint64_t hour);

// The policy that was in force when a day ended.
Result<wire::Policy> policy_of_day(const ReadTxn& txn, std::uint64_t day,
                                   const wire::Policy& current);

// Forgets all that was folded: close_epochs() then starts from the first event again.
void open_epochs(ClassState& state);

// The GPU's rate, from below, by what was claimed in the last round that measured it; 0:
// unmeasured.
std::uint64_t measured_rate(const ClassState& state);
// The card that this rate shows, of the class that the provider claims; null: none.
const HardwareClass* shown_card(const ClassState& state);

}  // namespace assay::reputation
