#include "api/cli/self_commands.h"

#include <CLI/CLI.hpp>

#include "api/command/program_commands.h"

namespace assay::cli {
namespace {

using wire::Json;

void add_version(CLI::App& app, Chosen& chosen) {
  CLI::App* version = add_command(app, chosen, "version", "Prints the version",
                                  "assay version -o json", Asks::nobody);
  version->callback([&chosen] {
    chosen.needs_settings = false;
    chosen.run = [](Session& session) {
      session.console.result(Json::object({{"version", ASSAY_VERSION}}),
                             {{}, {{"assay " ASSAY_VERSION}}});
      return 0;
    };
  });
}

// A command whose result is a text made of the program's own options.
template <class Options>
void add_text_command(CLI::App& command, Chosen& chosen, const std::shared_ptr<Options>& options,
                      std::function<Result<std::string>(const Options&)> text) {
  command.callback([&chosen, options, text = std::move(text)] {
    chosen.needs_settings = false;
    chosen.run = [options, text](Session& session) {
      const Result<std::string> made = text(*options);
      if (!made.ok()) return session.console.error(made.error());
      session.console.out(made.value());
      return 0;
    };
  });
}

void add_completion(CLI::App& app, Chosen& chosen) {
  CLI::App* command = add_command(
      app, chosen, "completion", "Prints what makes a shell complete commands and options",
      "assay completion bash > ~/.local/share/bash-completion/completions/assay\n"
      "  assay completion zsh > ~/.zfunc/_assay      # with fpath+=~/.zfunc before compinit\n"
      "  assay completion fish > ~/.config/fish/completions/assay.fish",
      Asks::nobody);
  const auto options = std::make_shared<command::CompletionOptions>();
  command::add_completion_options(*command, *options);
  add_text_command<command::CompletionOptions>(*command, chosen, options, [&app](const auto& it) {
    return command::completion_text(app, it);
  });
}

void add_man(CLI::App& app, Chosen& chosen) {
  CLI::App* command =
      add_command(app, chosen, "man", "Prints the manual page, or writes those of all commands",
                  "assay man | man -l -\n  assay man --out ~/.local/share/man/man1", Asks::nobody);
  const auto options = std::make_shared<command::ManOptions>();
  command::add_man_options(*command, *options);
  add_text_command<command::ManOptions>(*command, chosen, options, [&app](const auto& it) {
    return command::man_text(app, it, ASSAY_VERSION);
  });
}

void add_config(CLI::App& app, Chosen& chosen, const command::Settings* settings) {
  CLI::App* config = app.add_subcommand("config", "Which settings count, and where they stand");
  config->require_subcommand(1);
  config->footer("Example:\n  assay config show --origin");
  CLI::App* show = add_command(
      *config, chosen, "show", "Every setting and its value",
      "assay config show --origin\n\n"
      "A flag goes before a variable ASSAY_*, that before ./assay.toml, that before\n"
      "~/.config/assay/assay.toml, that before /etc/assay/assay.toml. ASSAY_CONFIG=FILE names one\n"
      "file instead of these three. In a file:\n"
      "  verifier = \"http://127.0.0.1:8790\"    # of all commands: what is listed here\n"
      "  [job.submit]                          # of one command: any option of it\n"
      "  price = \"2.00\"\n"
      "[prover.run] and [verifier.serve] are read by assay-prover and assay-verifier.",
      Asks::nobody);
  const auto options = std::make_shared<command::ConfigOptions>();
  command::add_config_options(*show, *options);
  show->callback([&app, &chosen, settings, options] {
    chosen.run = [&app, settings, options](Session& session) {
      const Json document = settings->document(app);
      session.console.result(document, document.find("settings")->items(),
                             settings->table(document, options->with_origin));
      return 0;
    };
  });
}

}  // namespace

void add_self_commands(CLI::App& app, Chosen& chosen, const command::Settings* settings) {
  add_config(app, chosen, settings);
  add_completion(app, chosen);
  add_man(app, chosen);
  add_version(app, chosen);
}

void say_settings(Console& console, const command::Settings& settings) {
  if (!console.verbose()) return;
  std::string text = "settings from variables";
  for (const command::SettingsFile& file : settings.files()) {
    if (file.is_there) text += ", " + file.path;
  }
  console.say(text);
}

}  // namespace assay::cli
