// Watching a job while it runs: assay job watch, and assay job submit --wait for texts.
// One thread.
#pragma once

#include "api/cli/make_order.h"
#include "api/cli/session.h"
#include "api/cli/watcher.h"

namespace assay::cli {

// Shows on the console what this order's job yields; nothing where it is no text.
std::optional<Watcher> watcher_of(Console& console, const MadeOrder& made, const std::string& job);

void add_watch(CLI::App& job, Chosen& chosen);

}  // namespace assay::cli
