// assay score refold: the public log folded here, against what the verifier says of its scores.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_score_refold(CLI::App& score, Chosen& chosen);

}  // namespace assay::cli
