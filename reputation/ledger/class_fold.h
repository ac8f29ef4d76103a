// What an epoch's events and a day's end make of a class. Pure; any thread. Whoever keeps events
// and days folds with these: the ledger out of its tables (close.h), a simulation out of its
// memory.
#pragma once

#include "core/wire/policy.h"
#include "reputation/ledger/epochs.h"
#include "reputation/policy/hardware.h"

namespace assay::reputation {

// Folds one epoch, the next that has events. of_renters: what has counted of each renter that the
// events name, before; then what has counted with them.
void fold_epoch_events(ClassState& state, const EpochEvents& events, std::uint64_t hour,
                       std::map<std::uint64_t, std::uint64_t>& of_renters);

// The day state.tier_day is over and its epochs are folded: what it means for tier and standing.
// next_hour: the first of the day after. since: the day that the provider registered on. then: the
// policy that was in force. The caller moves tier_day on.
void fold_day_end(ClassState& state, const DayState& factors, std::uint64_t next_hour,
                  std::uint64_t since, const wire::Policy& then);

// Forgets all that was folded: what folds it again starts from the first event.
void open_epochs(ClassState& state);

// The record of a class as it stands at that hour if nothing more happens.
Record idle_until(const ClassState& state, std::uint64_t hour);

// K of this bond.
Q30 stake_share(const StakeState& row, const wire::Policy& policy);

// The GPU's rate, from below, by what was claimed in the last round that measured it; 0:
// unmeasured.
std::uint64_t measured_rate(const ClassState& state);
// The card that this rate shows, of the class that the provider claims; null: none.
const HardwareClass* shown_card(const ClassState& state);

}  // namespace assay::reputation
