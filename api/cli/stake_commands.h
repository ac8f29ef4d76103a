// assay stake init | bond | unbond | delegate | undelegate
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_stake_commands(CLI::App& app, Chosen& chosen);

}  // namespace assay::cli
