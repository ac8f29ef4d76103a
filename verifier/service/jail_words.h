// Jail in words, for documents and notices: why, since when, and the way out. Pure; any thread.
#pragma once

#include "core/wire/json.h"
#include "core/wire/policy.h"
#include "reputation/policy/jail.h"

namespace assay::verifier {

std::string jail_reason(const reputation::Jail& jail);
std::string jail_way_out(const reputation::Jail& jail, const wire::Policy& policy);
// {since, reason, way_out}
wire::Json jail_json(const reputation::Jail& jail, const wire::Policy& policy);

}  // namespace assay::verifier
