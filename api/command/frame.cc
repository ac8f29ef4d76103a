#include "api/command/frame.h"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>

#include <CLI/CLI.hpp>

#include "core/wire/error_report.h"

namespace assay::command {
namespace {

// Each command has its own: variables of the environment are read for all commands there are.
void add_output(CLI::App& command, OutputForm& chosen) {
  const auto own = std::make_shared<OutputForm>();
  CLI::Option* const form = command.add_option("-o,--output", own->name, "Form of the result")
                                ->capture_default_str()
                                ->check(CLI::IsMember(format_names()))
                                ->envname("ASSAY_OUTPUT")
                                ->group("Output");
  command.add_flag("--json", own->json, "The same as -o json")->group("Output");
  command.add_flag("--no-color", own->no_color, "No colours (as NO_COLOR=1)")
      ->envname("ASSAY_NO_COLOR")
      ->group("Output");
  command.add_flag("-q,--quiet", own->quiet, "Errors only on stderr")
      ->envname("ASSAY_QUIET")
      ->group("Output");
  command.parse_complete_callback([&chosen, own, form] {
    // CLI11 from 2.3 on passes over a variable that the check refuses. An unknown form is an error.
    const char* const variable = std::getenv("ASSAY_OUTPUT");
    if (form->count() == 0 && variable != nullptr && *variable != '\0') {
      throw CLI::ValidationError("ASSAY_OUTPUT",
                                 std::string(variable) + " is not a form of output");
    }
    chosen = *own;
  });
}

void add_output_below(CLI::App& app, OutputForm& chosen) {
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    const bool is_group = !command->get_subcommands([](CLI::App*) { return true; }).empty();
    if (is_group) {
      add_output_below(*command, chosen);
    } else {
      add_output(*command, chosen);
    }
  }
}

// What the command line asks for, before it is known to be one: errors of parsing follow it too.
Format format_asked(int argc, char** argv) {
  const char* variable = std::getenv("ASSAY_OUTPUT");
  std::optional<Format> found = parse_format(variable == nullptr ? "" : variable);
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--json") found = Format::json;
    if ((word == "-o" || word == "--output") && i + 1 < argc) found = parse_format(argv[i + 1]);
    if (word.starts_with("--output=")) found = parse_format(word.substr(9));
  }
  return found.value_or(Format::table);
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

Format OutputForm::format() const {
  return json ? Format::json : parse_format(name).value_or(Format::table);
}

Frame::Frame(CLI::App& app, std::string section, std::string version)
    : app_(app), section_(std::move(section)), version_(std::move(version)) {
  const std::string name = app.get_name();
  config_ = app.add_subcommand("config", "Which settings count, and where they stand");
  config_->require_subcommand(1);
  config_show_ = config_->add_subcommand("show", "Every setting and its value");
  add_config_options(*config_show_, config_options_);
  config_show_->footer("Example:\n  " + name +
                       " config show --origin\n\n"
                       "Options stand in assay.toml (./, ~/.config/assay/, /etc/assay/) under [" +
                       section_ +
                       ".COMMAND]:\n"
                       "a flag goes before a variable, that before a file.");
  completion_ =
      app.add_subcommand("completion", "Prints what makes a shell complete commands and options");
  add_completion_options(*completion_, completion_options_);
  completion_->footer("Example:\n  " + name +
                      " completion bash > ~/.local/share/bash-completion/completions/" + name);
  man_ = app.add_subcommand("man", "Prints the manual page, or writes those of all commands");
  add_man_options(*man_, man_options_);
  man_->footer("Example:\n  " + name + " man | man -l -");
  version_command_ = app.add_subcommand("version", "Prints the version");
  version_command_->footer("Example:\n  " + name + " version -o json");
  add_output_below(app, output_);
}

int Frame::tell(const Error& error, Format format) const {
  const std::string text = format == Format::table
                               ? wire::error_line(error, false)
                               : wire::error_json(error, system_random()).dump();
  std::fprintf(stderr, "%s\n", text.c_str());
  return static_cast<int>(error.code);
}

int Frame::show_config(const Settings& settings) const {
  const wire::Json document = settings.document(app_);
  print(result_text(output_.format(), document, document.find("settings")->items(),
                    settings.table(document, config_options_.with_origin)));
  return 0;
}

std::optional<int> Frame::run_own(const Result<Settings>& settings) const {
  Result<std::string> text = std::string();
  if (version_command_->parsed()) {
    const wire::Json document = wire::Json::object({{"version", version_}});
    text = result_text(output_.format(), document, {document},
                       {{}, {{app_.get_name() + " " + version_}}});
  } else if (completion_->parsed()) {
    text = completion_text(app_, completion_options_);
  } else if (man_->parsed()) {
    text = man_text(app_, man_options_, version_);
  } else if (config_show_->parsed() && settings.ok()) {
    return show_config(settings.value());
  } else {
    return std::nullopt;
  }
  if (!text.ok()) return tell(text.error(), output_.format());
  print(text.value());
  return 0;
}

std::optional<int> Frame::parse(int argc, char** argv) {
  Result<Settings> settings = Settings::read(settings_paths());
  const Status configured =
      settings.ok() ? settings.value().apply(app_, section_) : settings.error();
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app_.exit(error);  // --help
    const Format format = format_asked(argc, argv);
    if (!configured.ok()) return tell(configured.error(), format);
    return tell(mistake_of(app_, error), format);
  }
  const bool needs_settings =
      !(version_command_->parsed() || completion_->parsed() || man_->parsed());
  if (!configured.ok() && needs_settings) return tell(configured.error(), output_.format());
  return run_own(settings);
}

}  // namespace assay::command
