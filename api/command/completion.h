// Shell completions out of a program's option tree. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "api/command/option_tree.h"
#include "core/base/result.h"

namespace assay::command {

// The script that a shell is to read, for "bash", "zsh" or "fish".
//   usage        another shell: names these
Result<std::string> completion_script(const CommandNode& program, std::string_view shell);

}  // namespace assay::command
