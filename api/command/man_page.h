// Manual pages (section 1, man macros) out of a program's option tree. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "api/command/option_tree.h"

namespace assay::command {

struct ManPage {
  std::string file;  // "assay-job-submit.1"
  std::string text;
};

// The program's page first, then one for each command that does something. `version`: "0.1.0".
std::vector<ManPage> man_pages(const CommandNode& program, const std::string& version);

// The frozen exit codes, each with its meaning: what the pages and the tests go through.
struct ExitCode {
  int number;
  std::string meaning;
};
std::vector<ExitCode> exit_codes();

}  // namespace assay::command
