// assay audit: was my job done, completely, as ordered? From files alone.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_audit_command(CLI::App& app, Chosen& chosen);

}  // namespace assay::cli
