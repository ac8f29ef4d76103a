// assay: what renters, marketplaces and auditors run. All wiring of the program is here and in the
// *_command(s).cc files.
#include <csignal>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "api/cli/audit_command.h"
#include "api/cli/demo/demo_command.h"
#include "api/cli/job_commands.h"
#include "api/cli/log_command.h"
#include "api/cli/match_command.h"
#include "api/cli/model_commands.h"
#include "api/cli/provider_commands.h"
#include "api/cli/self_commands.h"
#include "api/cli/slash_commands.h"
#include "api/cli/stake_commands.h"
#include "api/command/program_commands.h"

namespace {

using namespace assay::cli;
using assay::Result;
using assay::Status;

std::atomic<bool> g_stop = false;

// The second signal ends the program at once.
void on_signal(int number) {
  g_stop = true;
  std::signal(number, SIG_DFL);
}

// What the command line asks for, before it is known to be one: errors of parsing follow it too.
Format format_of(int argc, char** argv) {
  const auto named = [](const char* name) {
    const std::optional<Format> format = assay::command::parse_format(name);
    return format && *format != Format::table;
  };
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--json") return Format::json;
    if ((word == "-o" || word == "--output") && i + 1 < argc && named(argv[i + 1])) {
      return Format::json;
    }
    if (word.starts_with("--output=") && named(word.c_str() + 9)) return Format::json;
    if (word.starts_with("-o") && word.size() > 2 && named(word.c_str() + 2)) return Format::json;
  }
  const char* variable = std::getenv("ASSAY_OUTPUT");
  return variable != nullptr && named(variable) ? Format::json : Format::table;
}

Format format_of(const Shared& shared) {
  if (shared.json) return Format::json;
  return assay::command::parse_format(shared.format).value_or(Format::table);
}

int parse_error(const CLI::App& app, const CLI::ParseError& error, const Status& configured,
                int argc, char** argv) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help
  Console console({format_of(argc, argv), false, false, true});
  if (!configured.ok()) return console.error(configured.error());
  return console.error(assay::command::mistake_of(app, error));
}

}  // namespace

int main(int argc, char** argv) try {
  Chosen chosen;
  CLI::App app{"Tells whether rented work was really done."};
  app.name("assay");
  app.require_subcommand(1);
  app.set_version_flag("--version", "assay " ASSAY_VERSION);
  app.footer(
      "Example:\n  assay demo --out demo\n\n"
      "Exit codes: 0 ok, 1 internal, 2 usage, 3 not found, 4 permission, 5 network or timeout,\n"
      "6 rate limited, 7 conflict, 8 malformed, 10 signature invalid, 11 no matching evidence,\n"
      "12 proof invalid, 13 does not bind, 14 replay mismatch (fraud shown), 15 inconclusive,\n"
      "16 stale, 20 equivocation, 75 storage, 130 interrupted.");
  add_demo_command(app, chosen);
  add_job_commands(app, chosen);
  add_model_commands(app, chosen);
  add_audit_command(app, chosen);
  add_provider_commands(app, chosen);
  add_match_command(app, chosen);
  add_score_commands(app, chosen);
  add_slash_commands(app, chosen);
  add_stake_commands(app, chosen);
  add_log_commands(app, chosen);
  Result<assay::command::Settings> settings =
      assay::command::Settings::read(assay::command::settings_paths());
  add_self_commands(app, chosen, settings.ok() ? &settings.value() : nullptr);
  const Status configured = settings.ok() ? settings.value().apply(app, "") : settings.error();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return parse_error(app, error, configured, argc, argv);
  }
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  const Shared& shared = chosen.shared;
  Console console({format_of(shared), shared.quiet, shared.verbose, !shared.no_color});
  if (!configured.ok() && chosen.needs_settings) return console.error(configured.error());
  if (settings.ok()) say_settings(console, settings.value());
  Session session(console, shared, g_stop);
  const int code = chosen.run(session);
  return session.held() ? show_held(console, *session.held()) : code;
} catch (const std::exception& error) {
  std::fprintf(stderr, "error (internal error): %s\n", error.what());
  return static_cast<int>(assay::Code::internal);
}
