// assay slash list | show | check | appeal | dispute
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_slash_commands(CLI::App& app, Chosen& chosen);

}  // namespace assay::cli
