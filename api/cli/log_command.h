// assay log verify: did the log only grow, and is every entry of it signed? And log prove.
#pragma once

#include "api/cli/session.h"
#include "verifier/monitor/monitor.h"

namespace assay::cli {

// A monitor's ports to a verifier's log, without orders' inputs and what was said in disputes.
// Client and store must outlive them.
verifier::monitor::MonitorPorts log_ports(api::Client& client, reputation::Store& store);

void add_log_commands(CLI::App& app, Chosen& chosen);

}  // namespace assay::cli
