// Commands `assay score final` and `assay score verify`.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

void add_score_final(CLI::App& score, Chosen& chosen);

}  // namespace assay::cli
