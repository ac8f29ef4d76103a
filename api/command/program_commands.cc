#include "api/command/program_commands.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "api/command/completion.h"
#include "api/command/man_page.h"
#include "core/base/file.h"
#include "core/wire/text.h"

namespace assay::command {
namespace {

constexpr std::size_t kMistypedMax = 2;  // letters, of a word that is taken for another

// How many letters are to be put in, taken out, replaced, or swapped with their neighbour.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> rows(a.size() + 1,
                                             std::vector<std::size_t>(b.size() + 1, 0));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        rows[i][j] = i + j;
        continue;
      }
      const std::size_t other = a[i - 1] == b[j - 1] ? 0 : 1;
      rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + other});
      const bool is_swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swapped) rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.size()][b.size()];
}

// ": did you mean status?", or nothing where none is near.
std::string hint_of(const std::string& word, const std::vector<std::string>& names) {
  constexpr std::size_t kWordBytesMax = 64;
  if (word.size() > kWordBytesMax) return "";
  std::string nearest;
  std::size_t least = kMistypedMax + 1;
  for (const std::string& name : names) {
    const std::size_t apart = distance(word, name);
    if (apart < least && apart + 1 < name.size()) {
      least = apart;
      nearest = name;
    }
  }
  return nearest.empty() ? "" : ": did you mean " + nearest + "?";
}

// The first word that a command could make nothing of.
std::string unknown_word(const CLI::App& command, const std::string& path,
                         const std::string& given) {
  const CommandNode node = option_tree(command);
  const std::string word = given.substr(0, given.starts_with('-') ? given.find('=') : given.npos);
  const std::string shown = wire::people_text(word, 80);
  std::vector<std::string> names;
  if (word.starts_with('-')) {
    for (const OptionNode& option : node.options) {
      if (!option.is_argument) names.insert(names.end(), option.names.begin(), option.names.end());
    }
    return shown + " is no option of " + path + hint_of(word, names);
  }
  for (const CommandNode& inner : node.commands) names.push_back(inner.name);
  if (names.empty()) return "'" + shown + "' is one argument too many for " + path;
  return "there is no command '" + shown + "'" + hint_of(word, names);
}

}  // namespace

void add_completion_options(CLI::App& command, CompletionOptions& options) {
  command.add_option("shell", options.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

void add_man_options(CLI::App& command, ManOptions& options) {
  command.add_option("--out", options.out,
                     "Write the pages of all commands into this folder (default: the program's "
                     "page, on stdout)");
}

void add_config_options(CLI::App& command, ConfigOptions& options) {
  command.add_flag("--origin", options.with_origin, "Also where each value comes from");
}

Result<std::string> completion_text(const CLI::App& app, const CompletionOptions& options) {
  return completion_script(option_tree(app), options.shell);
}

Result<std::string> man_text(const CLI::App& app, const ManOptions& options,
                             const std::string& version) {
  const std::vector<ManPage> pages = man_pages(option_tree(app), version);
  if (options.out.empty()) return pages.front().text;
  if (Status made = make_folders(options.out); !made.ok()) return made.error().in("--out");
  for (const ManPage& page : pages) {
    const Status written = write_file_durably(options.out + "/" + page.file, as_bytes(page.text));
    if (!written.ok()) return written.error().in("--out");
  }
  return std::to_string(pages.size()) + " pages in " + options.out + "\n";
}

Error mistake_of(const CLI::App& app, const CLI::ParseError& error) {
  std::string what = error.what();
  while (what.ends_with('\n')) what.pop_back();
  const bool may_be_mistyped = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr ||
                               dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  std::string path = app.get_name();
  bool is_named = false;
  for (const CLI::App* at = &app;;) {
    const std::vector<std::string> others = at->remaining();
    if (may_be_mistyped && !is_named && !others.empty()) {
      what = unknown_word(*at, path, others.front());
      is_named = true;
    }
    if (at->get_subcommands().empty()) break;
    at = at->get_subcommands().front();
    path += " " + at->get_name();
  }
  return fail(Code::usage, what + (what.ends_with('?') ? " See: " : "; see: ") + path + " --help");
}

}  // namespace assay::command
