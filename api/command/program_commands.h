// What every program of ours has: completion, man and config, made of its own option tree, and what
// it says of a command line that is none.
// One thread.
#pragma once

#include <string>

#include "api/command/settings.h"

namespace CLI {
class ParseError;
}

namespace assay::command {

struct CompletionOptions {
  std::string shell;
};
struct ManOptions {
  std::string out;  // a folder for all pages; empty: the program's page
};
struct ConfigOptions {
  bool with_origin = false;
};

// Add the options of these commands.
void add_completion_options(CLI::App& command, CompletionOptions& options);
void add_man_options(CLI::App& command, ManOptions& options);
void add_config_options(CLI::App& command, ConfigOptions& options);

// What to print on stdout.
//   usage        no such shell
Result<std::string> completion_text(const CLI::App& app, const CompletionOptions& options);
//   not_found, permission, storage   a page cannot be written
Result<std::string> man_text(const CLI::App& app, const ManOptions& options,
                             const std::string& version);

// What is wrong with a command line that did not parse, and whose help tells more. What was
// mistyped goes before what is missing: "--wrkload is no option of assay job submit: did you mean
// --workload?", not "--workload is required".
Error mistake_of(const CLI::App& app, const CLI::ParseError& error);

}  // namespace assay::command
