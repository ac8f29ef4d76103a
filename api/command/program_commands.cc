#include "api/command/program_commands.h"

#include <CLI/CLI.hpp>

#include "api/command/completion.h"
#include "api/command/man_page.h"
#include "core/base/file.h"

namespace assay::command {

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

}  // namespace assay::command
