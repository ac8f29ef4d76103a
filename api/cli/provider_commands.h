// assay provider list | show, assay score show | explain
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_provider_commands(CLI::App& app, Chosen& chosen);
void add_score_commands(CLI::App& app, Chosen& chosen);

}  // namespace assay::cli
