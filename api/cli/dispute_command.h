// `assay slash dispute`: runs a job again and disputes the first step that comes out otherwise.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_dispute_command(CLI::App& slash, Chosen& chosen);

}  // namespace assay::cli
