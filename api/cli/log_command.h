// assay log verify: did the log only grow, and is every entry of it signed? And log prove.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_log_commands(CLI::App& app, Chosen& chosen);

}  // namespace assay::cli
