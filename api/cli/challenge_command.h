// `assay slash challenge`: pays for another audit of an attested job. Private to api/cli.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_challenge_command(CLI::App& slash, Chosen& chosen);

}  // namespace assay::cli
