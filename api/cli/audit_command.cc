#include "api/cli/audit_command.h"

#include "api/cli/checks.h"
#include "api/cli/units.h"
#include "core/base/file.h"

namespace assay::cli {
namespace {

using wire::Json;

struct AuditCommand {
  std::string file;
  std::string policy;
  std::string result;
  std::string inputs;
  std::string known_head;
  std::string max_age;
  std::uint32_t replay = 0;
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

int audit(Session& session, const AuditCommand& command) {
  Console& console = session.console;
  const Result<wire::Trust> trust = read_trust(command.policy);
  if (!trust.ok()) return console.error(trust.error().in("--policy"));
  const Result<std::string> text = read_case_text(command.file);
  if (!text.ok()) return console.error(text.error());
  const compute::Engine engine(compute::best_cpu_level(), machine_threads());
  verifier::AuditOptions options{.trust = trust.value(),
                                 .engine = engine,
                                 .random = system_random(),
                                 .inputs = inputs_in(command.inputs),
                                 .result = {},
                                 .replay = command.replay,
                                 .known_head = {},
                                 .max_age_ms = {},
                                 .now = system_clock().unix_now(),
                                 .caps = {}};
  if (Status read = read_files(command, options); !read.ok()) return console.error(read.error());
  if (command.replay > 0) console.progress("replaying; this takes what the work took");
  const verifier::AuditReport report = verifier::audit_receipt(text.value(), options);
  if (console.format() == Format::table) {
    console.out(checks_text(console, report.checks) + "\n" + facts_text(report.facts));
  } else {
    Json document = facts_json(report.facts);
    const Json checks = checks_json(report.checks);
    document.set("ok", report.ok()).set("checks", checks);
    console.result(document, checks.items(), {});
  }
  return report.failure ? console.error(*report.failure) : 0;
}

}  // namespace

void add_audit_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command = add_command(
      app, chosen, "audit", "Checks a receipt offline: every signature, proof and binding",
      "assay audit job.assay --policy policy.txt --replay 8", Asks::nobody);
  const auto options = std::make_shared<AuditCommand>();
  command->add_option("file", options->file, "The receipt")->required();
  command->add_option("--policy", options->policy, "Whom you trust: the verifier's policy.txt")
      ->required()
      ->envname("ASSAY_POLICY");
  command->add_option("--result", options->result,
                      "The result you hold (the raw bytes): is it the attested one?");
  command->add_option("--inputs", options->inputs, "Folder with the order's inputs, if large");
  command->add_option("--replay", options->replay, "Compute so many random positions again, here")
      ->check(CLI::Range(0U, 4096U));
  command->add_option("--known-head", options->known_head,
                      "A checkpoint of the log that you saw before");
  command->add_option("--max-age", options->max_age,
                      "Fail with 16 when the log's head is older: a later slash would not show");
  command->callback([&chosen, options] {
    chosen.run = [options](Session& session) { return audit(session, *options); };
  });
}

}  // namespace assay::cli
