// A leaf of a log with what proves it, and command `assay log prove`.
#pragma once

#include "api/cli/session.h"

namespace assay::cli {

// The leaf with its path to the newest head, as a C2SP tlog-proof; the tiles are tied to that head,
// whose signatures are left to whoever has a policy.txt. Empty: the head does not cover it yet.
Result<std::string> leaf_proof(api::Client& client, std::uint64_t index);

void add_log_prove(CLI::App& log, Chosen& chosen);

}  // namespace assay::cli
