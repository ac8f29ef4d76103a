// How a look at a log is shown. One thread.
#pragma once

#include "api/cli/console.h"
#include "verifier/monitor/monitor.h"

namespace assay::cli {

// "1,024 of 90,000 leaves, 12,000 a second, 7 s left", over and over.
std::function<void(std::uint64_t, std::uint64_t)> log_progress(Console& console);

wire::Json look_json(const verifier::monitor::Monitor& monitor,
                     const verifier::monitor::Look& look);
// One line (and one for each new finding), or one JSON document a line.
std::string look_line(const Console& console, const verifier::monitor::Monitor& monitor,
                      const verifier::monitor::Look& look);
// The result of one look. remembers: it was compared with an earlier one.
void show_look(Console& console, const verifier::monitor::Monitor& monitor,
               const verifier::monitor::Look& look, bool remembers);

}  // namespace assay::cli
