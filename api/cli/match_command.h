// `assay match`.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_match_command(CLI::App& app, Chosen& chosen);

}  // namespace assay::cli
