#include "api/command/option_tree.h"

#include <CLI/CLI.hpp>

namespace assay::command {
namespace {

// The library tells the values of a choice as "TEXT:{table,json}".
std::vector<std::string> choices_of(const std::string& type) {
  const std::size_t from = type.find('{');
  const std::size_t to = type.find('}', from);
  std::vector<std::string> choices;
  if (from == std::string::npos || to == std::string::npos) return choices;
  std::string word;
  for (const char c : type.substr(from + 1, to - from - 1) + ",") {
    if (c != ',') {
      word += c;
    } else {
      choices.push_back(std::exchange(word, ""));
    }
  }
  return choices;
}

OptionNode node_of(const CLI::Option& option) {
  OptionNode node;
  for (const std::string& name : option.get_snames()) node.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) node.names.push_back("--" + name);
  node.is_argument = node.names.empty();
  if (node.is_argument) node.names.push_back(option.get_name(true));
  node.takes_value = option.get_items_expected_max() != 0;
  if (node.takes_value) node.choices = choices_of(option.get_type_name());
  node.about = option.get_description();
  node.variable = option.get_envname();
  node.group = option.get_group();
  node.is_required = option.get_required();
  return node;
}

CommandNode node_of(const CLI::App& app, const std::string& path) {
  CommandNode node{app.get_name(), path, app.get_description(), app.get_footer(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) node.options.push_back(node_of(*option));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name().empty() || command->get_group().empty()) continue;
    node.commands.push_back(node_of(*command, path + " " + command->get_name()));
  }
  return node;
}

}  // namespace

CommandNode option_tree(const CLI::App& app) {
  return node_of(app, app.get_name());
}

std::string short_about(const std::string& about) {
  std::string line = about.substr(0, about.find('\n'));
  const std::size_t aside = line.rfind(" (");
  if (line.ends_with(')') && aside != std::string::npos && aside > 0) line.resize(aside);
  return line;
}

}  // namespace assay::command
