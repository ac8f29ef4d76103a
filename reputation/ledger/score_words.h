// How a score is said: its numbers as documents and statements have them. The service says them and
// whoever folds the log again compares them, so there is one spelling. Pure; any thread.
#pragma once

#include "core/wire/events.h"
#include "core/wire/json.h"
#include "reputation/ledger/view.h"

namespace assay::reputation {

const char* performance_state(const ClassScore& row);  // "unmeasured", "measured" or "revoked"

// {class, trust_ppm, tier, …}: all that a class is scored by.
wire::Json class_json(const ClassScore& row);
// {trust_ppm, uptime_ppm, …}: the headline, and what counts in every class.
wire::Json score_json(const ProviderScore& score, const wire::Policy& policy);

// The statement about the headline while the epoch goes on. What it was folded from (origin, tree
// size, root, policy digest) is left to whoever knows.
wire::Score preview_of(const ProviderScore& score, const wire::Policy& policy);

}  // namespace assay::reputation
