// assay demo: a verifier and providers, honest and not, on this machine; their cheats caught, and a
// receipt audited offline.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_demo_command(CLI::App& app, Chosen& chosen);

}  // namespace assay::cli
