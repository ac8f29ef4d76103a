// assay slash appeal
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_slash_appeal(CLI::App& slash, Chosen& chosen);

}  // namespace assay::cli
