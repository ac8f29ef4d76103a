// What a new key burns when it registers, so that leaving a slashed key behind costs more than the
// new one is worth to a cheat. Pure; any thread. Source: reputation policy v1, "Adversaries".
#pragma once

#include <cstdint>

#include "core/wire/policy.h"

namespace assay::reputation {

// The reference value of the jobs that vet a class: what a new key would otherwise be given on
// trust. In micros; 0 where no stake is asked for.
std::uint64_t entry_bond_micros(const wire::Policy& policy);

}  // namespace assay::reputation
