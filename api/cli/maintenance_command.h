// `assay provider maintenance`: a provider announces when it need not answer.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_maintenance_command(CLI::App& provider, Chosen& chosen);

}  // namespace assay::cli
