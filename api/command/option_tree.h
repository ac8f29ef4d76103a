// A program's commands and options as plain values: what completions and manual pages are made of.
// Values; any thread.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace assay::command {

struct OptionNode {
  std::vector<std::string> names;    // "-o", "--output"; an argument's only name: "provider"
  std::vector<std::string> choices;  // all values there are; empty: any
  std::string about;
  std::string variable;  // of the environment; empty: none
  std::string group;
  bool is_argument = false;
  bool takes_value = false;
  bool is_required = false;
};

struct CommandNode {
  std::string name;
  std::string path;  // "assay job submit"
  std::string about;
  std::string footer;  // examples and more
  std::vector<OptionNode> options;
  std::vector<CommandNode> commands;
};

CommandNode option_tree(const CLI::App& app);

// The first line of what a command or option is about, without what stands in ( ) at its end.
std::string short_about(const std::string& about);

}  // namespace assay::command
