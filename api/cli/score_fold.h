// assay score fold: any counted history folded on this machine, without a verifier.
// One thread.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_score_fold(CLI::App& score, Chosen& chosen);

}  // namespace assay::cli
