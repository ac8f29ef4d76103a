// assay provider watch: what changes of providers, as it happens.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_provider_watch(CLI::App& provider, Chosen& chosen);

}  // namespace assay::cli
