// assay model: language models as packs, which orders name by their root.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_model_commands(CLI::App& app, Chosen& chosen);

}  // namespace assay::cli
