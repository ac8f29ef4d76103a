// SIGTERM and SIGINT as something that a main waits for. Call block_stop_signals() before any
// thread is started: threads inherit it.
#pragma once

#include <csignal>

namespace assay::verifier {

sigset_t block_stop_signals();
// From here on a second signal ends the program at once.
void unblock_signals(const sigset_t& signals);

// Waits for one of the signals, which every thread blocks. False after 200 ms without one.
bool stop_was_asked(const sigset_t& signals);

}  // namespace assay::verifier
