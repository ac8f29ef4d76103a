// Commands `assay provider history` and `assay provider audits`.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

int provider_history(Session& session, const std::string& id);
int provider_audits(Session& session, const std::string& id);

}  // namespace assay::cli
