// What a class has earned beside its score, as a document: milestones, points, its card. Pure; any
// thread.
#pragma once

#include "core/wire/json.h"
#include "reputation/ledger/view.h"

namespace assay::verifier {

// {milestones: [{name, points, reached}], points, reward_points, verified_seconds,
// reports_confirmed, hardware: {card, tier, multiplier_percent}}
wire::Json standing_json(const reputation::ClassScore& row);

}  // namespace assay::verifier
