#include "api/cli/slash_commands.h"

#include <CLI/CLI.hpp>

#include "api/cli/challenge_command.h"
#include "api/cli/checks.h"
#include "api/cli/dispute_command.h"
#include "api/cli/slash_appeal.h"
#include "api/cli/units.h"
#include "core/base/file.h"
#include "core/wire/error_report.h"

namespace assay::cli {
namespace {

using wire::Json;

int slash_list(Session& session) {
  Console& console = session.console;
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  const Result<Json::Array> rows =
      all_pages([&](const api::Page& page) { return client.value()->slashes(page); }, "slashes");
  if (!rows.ok()) return console.error(rows.error());
  Table table{{"SLASH", "PROVIDER", "CLASS", "FAULT", "STATUS", "LOGGED"}, {}};
  for (const Json& row : rows.value()) {
    table.rows.push_back({text_of(row, "id"), text_of(row, "provider").substr(0, 12),
                          text_of(row, "class"), text_of(row, "fault"), text_of(row, "status"),
                          text_of(row, "logged")});
  }
  if (rows.value().empty()) console.say("nobody has been slashed");
  console.result(Json::object({{"slashes", Json::array(rows.value())}}), rows.value(), table);
  return 0;
}

struct ShowCommand {
  std::string id;
  std::string evidence;
};

std::string effect_text(const Json& effect) {
  const Json* counts = effect.find("counts");
  const bool counted = counts != nullptr && counts->is_bool() && counts->as_bool();
  if (!counted) return "none: it counts no longer";
  return "trust " + std::to_string(number_of(effect, "trust_ppm")) + " ppm, without it " +
         std::to_string(number_of(effect, "trust_without_ppm"));
}

std::string money_text(const Json& json, const char* name, const std::string& fate) {
  const Result<std::uint64_t> micros = wire::parse_u64(text_of(json, name));
  if (!micros.ok() || micros.value() == 0) return "none";
  return price_text(micros.value()) + ", " + fate;
}

// How to contest it, or why that cannot be.
std::string appeal_text(const Json& appeal) {
  const std::string why_not = text_of(appeal, "why_not");
  if (!why_not.empty()) return "no: " + why_not;
  return text_of(appeal, "command") + ", until " + text_of(appeal, "until") +
         "; deposit: " + money_text(appeal, "deposit_micros", "a tenth of what is held");
}

Table show_table(const Json& it) {
  const Json& effect = member_of(it, "effect");
  const Json& appeal = member_of(it, "appeal");
  Table table{{},
              {{"slash", text_of(it, "id")},
               {"provider", text_of(it, "provider")},
               {"class", text_of(it, "class")},
               {"fault", text_of(it, "fault")},
               {"job", text_of(it, "job")},
               {"phase", text_of(it, "status")},
               {"deadline", text_of(it, "deadline").empty() ? "none" : text_of(it, "deadline")},
               {"severity", percent_text(number_of(it, "severity_ppm"))},
               {"effect", effect_text(effect)},
               {"stake", money_text(it, "amount_micros", text_of(effect, "stake"))},
               {"appeal", appeal_text(appeal)}}};
  if (text_of(effect, "deposit") != "none") {
    table.rows.push_back(
        {"deposit", money_text(appeal, "deposit_micros", text_of(effect, "deposit"))});
  }
  table.rows.push_back({"evidence", text_of(it, "evidence")});
  table.rows.push_back({"why", text_of(it, "detail")});
  for (const Json& step : items_of(it, "steps")) {
    const std::string leaf = text_of(step, "leaf");
    table.rows.push_back({text_of(step, "time"), text_of(step, "what") +
                                                     (leaf.empty() ? "" : ", leaf " + leaf) + ": " +
                                                     text_of(step, "detail")});
  }
  return table;
}

int slash_show(Session& session, const ShowCommand& command) {
  Console& console = session.console;
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  const Result<Json> slash = client.value()->slash(command.id);
  if (!slash.ok()) return console.error(slash.error());
  if (!command.evidence.empty()) {
    const Result<std::string> text = client.value()->evidence(command.id);
    if (!text.ok()) return console.error(text.error());
    const Status written = write_file_durably(command.evidence, as_bytes(text.value()));
    if (!written.ok()) return console.error(written.error().in("--evidence"));
    console.say("check it with: assay slash check " + command.evidence + " --policy policy.txt");
  }
  console.result(slash.value(), show_table(slash.value()));
  return 0;
}

int slash_check(Session& session, const CaseCommand& command) {
  Console& console = session.console;
  const Result<OpenedCase> evidence = open_case(command);
  if (!evidence.ok()) return console.error(evidence.error());
  const compute::Engine engine = machine_engine();
  const Result<verifier::AuditOptions> options =
      audit_options(evidence.value().trust, engine, command);
  if (!options.ok()) return console.error(options.error());
  const verifier::EvidenceReport report =
      verifier::check_evidence(evidence.value().text(), options.value());
  if (console.format() == Format::table) {
    console.out(checks_text(console, report.checks) + "\n");
    if (report.fraud_shown() && report.failure) {
      console.out(console.paint(Color::red, "fraud shown") + ": " +
                  wire::printable(report.failure->what) + "\n");
      return report.exit_code();
    }
    if (!report.code) console.out("the evidence holds together, but shows no fraud\n");
  } else {
    Json document = facts_json(report.facts);
    const Json checks = checks_json(report.checks);
    document.set("fraud_shown", report.fraud_shown()).set("checks", checks);
    if (report.shown) document.set("fault", wire::fault_name(*report.shown));
    if (report.faulty_step) document.set("faulty_step", *report.faulty_step);
    if (report.faulty_row) document.set("faulty_row", *report.faulty_row);
    console.result(document, checks.items(), {});
  }
  return report.failure ? console.error(*report.failure) : 0;
}

void add_show(CLI::App& slash, Chosen& chosen) {
  CLI::App* command =
      add_command(slash, chosen, "show", "One slash: phase, effect, how to appeal, its life so far",
                  "assay slash show 42 --evidence evidence.assay");
  const auto options = add_run(*command, chosen, slash_show);
  command->add_option("id", options->id, "The slash: a log index")->required();
  command->add_option("--evidence", options->evidence, "Write the fraud proof here");
}

void add_check(CLI::App& slash, Chosen& chosen) {
  CLI::App* command = add_command(
      slash, chosen, "check", "Runs a fraud proof again on this CPU: 14 when fraud is shown",
      "assay slash check evidence.assay --policy policy.txt", Asks::nobody);
  add_case_options(*command, *add_run(*command, chosen, slash_check), "The fraud proof");
}

}  // namespace

void add_slash_commands(CLI::App& app, Chosen& chosen) {
  CLI::App* slash = app.add_subcommand("slash", "Who was caught, and the proof");
  slash->require_subcommand(1);
  slash->footer("Example:\n  assay slash list");
  CLI::App* list = add_command(*slash, chosen, "list", "All slash records", "assay slash list");
  list->callback([&chosen] { chosen.run = slash_list; });
  add_show(*slash, chosen);
  add_check(*slash, chosen);
  add_slash_appeal(*slash, chosen);
  add_challenge_command(*slash, chosen);
  add_dispute_command(*slash, chosen);
}

}  // namespace assay::cli
