// assay version | completion | man | config: what the program tells of itself.
#pragma once

#include "api/cli/session.h"
#include "api/command/settings.h"

namespace assay::cli {

// `settings`: null when its files cannot be read; else it outlives the commands.
void add_self_commands(CLI::App& app, Chosen& chosen, const command::Settings* settings);

// With -v: which files of settings count.
void say_settings(Console& console, const command::Settings& settings);

}  // namespace assay::cli
