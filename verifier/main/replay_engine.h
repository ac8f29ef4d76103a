// What this machine replays with, out of command lines.
#pragma once

#include "verifier/main/commands.h"
#include "verifier/service/audits.h"

namespace assay::verifier {

// `why` says on which of CPU and GPU, and what is missing. The output must outlive the engine: it
// is told when a device is given up.
//   usage        no such level or backend, or one that this machine lacks
//   not_found, conflict, inconclusive   `cuda` was asked for and cannot be had
Result<ReplayEngine> replay_engine(const ReplaysOn& on, Output& output, std::string& why);

}  // namespace assay::verifier
