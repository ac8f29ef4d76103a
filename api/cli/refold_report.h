// How a refold is shown: each class as the log has it, and below it as the verifier says. One
// thread.
#pragma once

#include "api/cli/console.h"
#include "verifier/monitor/monitor.h"
#include "verifier/monitor/score_refold.h"

namespace assay::cli {

struct ShownScore {
  Digest provider;
  std::string name;
  verifier::monitor::Refolded found;
};

// The first thing that is not equal, as the error that ends the command; nothing: every number is.
std::optional<Error> refold_error(const std::vector<ShownScore>& scores);

void show_refold(Console& console, const wire::Checkpoint& head,
                 const std::vector<ShownScore>& scores);

}  // namespace assay::cli
