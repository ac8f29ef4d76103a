#include "api/cli/slash_commands.h"

#include "api/cli/checks.h"
#include "api/cli/units.h"
#include "core/base/file.h"

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
  const Json& it = slash.value();
  console.result(it, {{},
                      {{"slash", text_of(it, "id")},
                       {"provider", text_of(it, "provider")},
                       {"class", text_of(it, "class")},
                       {"fault", text_of(it, "fault")},
                       {"job", text_of(it, "job")},
                       {"status", text_of(it, "status")},
                       {"severity", percent_text(number_of(it, "severity_ppm"))},
                       {"logged", text_of(it, "logged")},
                       {"final", text_of(it, "finality")},
                       {"evidence", text_of(it, "evidence_indices")},
                       {"why", text_of(it, "detail")}}});
  return 0;
}

struct CheckCommand {
  std::string file;
  std::string policy;
  std::string inputs;
};

int slash_check(Session& session, const CheckCommand& command) {
  Console& console = session.console;
  const Result<wire::Trust> trust = read_trust(command.policy);
  if (!trust.ok()) return console.error(trust.error().in("--policy"));
  const Result<std::string> text = read_case_text(command.file);
  if (!text.ok()) return console.error(text.error());
  const compute::Engine engine(compute::best_cpu_level(), machine_threads());
  const verifier::EvidenceReport report =
      verifier::check_evidence(text.value(), {.trust = trust.value(),
                                              .engine = engine,
                                              .random = system_random(),
                                              .inputs = inputs_in(command.inputs),
                                              .result = {},
                                              .replay = 0,
                                              .known_head = {},
                                              .max_age_ms = {},
                                              .now = system_clock().unix_now(),
                                              .caps = {}});
  if (console.format() == Format::table) {
    console.out(checks_text(console, report.checks) + "\n");
    if (report.fraud_shown() && report.failure) {
      console.out(console.paint(Color::red, "fraud shown") + ": " +
                  printable(report.failure->what) + "\n");
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
  CLI::App* command = add_command(slash, chosen, "show", "One slash record, and its fraud proof",
                                  "assay slash show 42 --evidence evidence.assay");
  const auto options = std::make_shared<ShowCommand>();
  command->add_option("id", options->id, "The slash: a log index")->required();
  command->add_option("--evidence", options->evidence, "Write the fraud proof here");
  command->callback([&chosen, options] {
    chosen.run = [options](Session& session) { return slash_show(session, *options); };
  });
}

void add_check(CLI::App& slash, Chosen& chosen) {
  CLI::App* command = add_command(
      slash, chosen, "check", "Runs a fraud proof again on this CPU: 14 when fraud is shown",
      "assay slash check evidence.assay --policy policy.txt", Asks::nobody);
  const auto options = std::make_shared<CheckCommand>();
  command->add_option("file", options->file, "The fraud proof")->required();
  command->add_option("--policy", options->policy, "Whom you trust: the verifier's policy.txt")
      ->required()
      ->envname("ASSAY_POLICY");
  command->add_option("--inputs", options->inputs, "Folder with the order's inputs, if large");
  command->callback([&chosen, options] {
    chosen.run = [options](Session& session) { return slash_check(session, *options); };
  });
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
}

}  // namespace assay::cli
