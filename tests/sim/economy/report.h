// What a simulation came to, as text for people and as JSON. Pure; any thread.
#pragma once

#include "core/wire/json.h"
#include "tests/sim/economy/audits.h"
#include "tests/sim/economy/rows.h"

namespace assay::sim {

// Aligned columns; below them what is left to whom, what is broken, and the totals.
std::string table(const std::vector<Row>& rows);
std::string totals_text(const Simulation& simulation, std::int64_t ms);
std::string audits_text(const AuditsResult& result, std::int64_t ms);

wire::Json to_json(const std::vector<Row>& rows);
wire::Json to_json(const Simulation& simulation, std::int64_t ms);
wire::Json to_json(const AuditsResult& result, std::int64_t ms);

bool is_exact(const AuditsResult& result);

}  // namespace assay::sim
