#include "api/cli/audit_command.h"

#include <CLI/CLI.hpp>

#include "api/cli/checks.h"
#include "api/cli/fetch_openings.h"
#include "api/cli/units.h"
#include "core/base/file.h"

namespace assay::cli {
namespace {

using wire::Json;

struct AuditCommand {
  CaseCommand receipt;
  std::string result;
  std::string known_head;
  std::string max_age;
  std::uint32_t replay = 0;
  std::string verifier;
  std::string wait = "60s";
  bool require_audit = false;
};

Status read_result_file(const std::string& path, verifier::AuditOptions& options) {
  Result<Bytes> bytes = read_file(path, compute::Caps{}.result_bytes_max);
  if (!bytes.ok()) return bytes.error();
  const std::string_view text = as_text(bytes.value());
  if (text.starts_with("\x89PNG") || text.starts_with("\x93NUMPY")) {
    return fail(Code::usage, path +
                                 " is made from the result and rounded; what was attested are "
                                 "the raw bytes: assay job result ID --raw --out FILE");
  }
  options.result = std::move(bytes).value();
  return {};
}

Status read_files(const AuditCommand& command, verifier::AuditOptions& options) {
  if (!command.result.empty()) {
    if (Status read = read_result_file(command.result, options); !read.ok()) return read;
  }
  if (!command.known_head.empty()) {
    const Result<Bytes> head = read_file(command.known_head, wire::kNoteBytesMax);
    if (!head.ok()) return head.error();
    options.known_head = std::string(as_text(head.value()));
  }
  if (!command.max_age.empty()) {
    const Result<std::int64_t> age = parse_duration_ms(command.max_age);
    if (!age.ok()) return age.error().in("--max-age");
    options.max_age_ms = age.value();
  }
  return {};
}

// What replaying takes and the file lacks comes from the verifier that is named, if one is.
Result<std::unique_ptr<api::Client>> connect(Session& session, const AuditCommand& command,
                                             verifier::AuditOptions& options) {
  if (command.verifier.empty()) return std::unique_ptr<api::Client>();
  const Result<std::int64_t> wait = parse_duration_ms(command.wait);
  if (!wait.ok()) return wait.error().in("--wait");
  Result<std::unique_ptr<api::Client>> client = session.connect_to(command.verifier);
  if (!client.ok()) return client.error();
  options.sources = sources_of(session, *client.value(), wait.value());
  return client;
}

// All checks hold, but of the positions that were asked for some could not be had: a script that
// sees the exit code alone must not take them for replayed. Whatever came in their place was not
// the attested bytes, or did not come: neither shows anything.
int end_of_replay(Session& session, const AuditCommand& command,
                  const verifier::AuditFacts& facts) {
  if (facts.own_unavailable.empty() || !facts.own_error) return 0;
  const Error& why = *facts.own_error;
  Code code = Code::inconclusive;
  if (why.code == Code::network || why.code == Code::rate_limited) code = why.code;
  if (session.stopped()) code = Code::interrupted;
  const std::string missing = std::to_string(facts.own_unavailable.size());
  return session.console.error(fail(code, missing + " of the positions that --replay " +
                                              std::to_string(command.replay) +
                                              " chose were not to be had: " + why.what));
}

int audit(Session& session, const AuditCommand& command) {
  Console& console = session.console;
  const Result<OpenedCase> receipt = open_case(command.receipt);
  if (!receipt.ok()) return console.error(receipt.error());
  const compute::Engine engine = machine_engine();
  Result<verifier::AuditOptions> made =
      audit_options(receipt.value().trust, engine, command.receipt);
  if (!made.ok()) return console.error(made.error());
  verifier::AuditOptions options = std::move(made).value();
  options.replay = command.replay;
  options.require_audit = command.require_audit;
  if (Status read = read_files(command, options); !read.ok()) return console.error(read.error());
  const auto client = connect(session, command, options);
  if (!client.ok()) return console.error(client.error());
  if (command.replay > 0) console.progress("replaying; this takes what the work took");
  const verifier::AuditReport report = verifier::audit_receipt(receipt.value().text(), options);
  const verifier::AuditFacts facts = told_facts(report);
  if (console.format() == Format::table) {
    console.out(checks_text(console, report.checks) + "\n" + facts_text(facts));
  } else {
    Json document = facts_json(facts);
    const Json checks = checks_json(report.checks);
    document.set("ok", report.ok()).set("checks", checks);
    console.result(document, checks.items(), {});
  }
  if (report.failure) return console.error(*report.failure);
  return end_of_replay(session, command, facts);
}

}  // namespace

void add_audit_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command = add_command(
      app, chosen, "audit", "Checks a receipt offline: every signature, proof and binding",
      "assay audit job.assay --policy policy.txt --replay 8", Asks::named);
  const auto options = add_run(*command, chosen, audit);
  add_case_options(*command, options->receipt, "The receipt");
  command->add_option("--result", options->result,
                      "The result you hold (the raw bytes): is it the attested one?");
  command->add_option("--replay", options->replay, "Compute so many random positions again, here")
      ->check(CLI::Range(0U, 4096U));
  // Not out of the environment: an audit asks nobody unless it is told to.
  command->add_option("--verifier", options->verifier,
                      "With --replay: fetches what the receipt lacks of those positions from here, "
                      "which asks the provider to open them; else the audit asks nobody. Ends "
                      "with 5 when it cannot be reached, 15 when they are not opened");
  command->add_option("--wait", options->wait,
                      "Longest wait for the provider to open them (default: 60s)");
  command->add_option("--known-head", options->known_head,
                      "A checkpoint of the log that you saw before");
  command->add_option("--max-age", options->max_age,
                      "Fail with 16 when the log's head is older: a later slash would not show");
  command->add_flag("--require-audit", options->require_audit,
                    "Fail with 11 when no verdict of the verifier is in it (NOT_AUDITED): for "
                    "scripts, which see the exit code alone");
}

}  // namespace assay::cli
