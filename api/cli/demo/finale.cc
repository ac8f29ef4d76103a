#include "api/cli/demo/finale.h"

#include <filesystem>

#include "api/cli/checks.h"
#include "api/cli/receipt_reader.h"
#include "api/cli/units.h"
#include "core/base/file.h"
#include "core/wire/error_report.h"

namespace assay::cli {
namespace {

constexpr std::int64_t kReceiptWaitMs = 20'000;
constexpr std::uint32_t kReplay = 8;

Status put(const std::string& path, Result<std::string> text) {
  if (!text.ok()) return text.error();
  return write_file_durably(path, as_bytes(text.value()));
}

// The slash whose proof is kept: a wrong result, which anybody's CPU can show.
std::string proven_slash(const std::vector<Actor>& cast) {
  for (const Actor& actor : cast) {
    if (!actor.slash.empty() && actor.kind != "withhold-when-sampled") return actor.slash;
  }
  return "";
}

std::string own_program(const std::string& name) {
  const Result<std::string> path = program_beside(name);
  if (!path.ok()) return name;
  std::error_code error;
  const std::string relative = std::filesystem::relative(path.value(), error).string();
  return error || relative.empty() || relative.size() > path.value().size() ? path.value()
                                                                            : relative;
}

}  // namespace

Status collect_files(api::Port& port, const std::vector<Actor>& cast, const Picture& picture,
                     const std::string& folder) {
  const Result<std::string> text = fetch_receipt(port, picture.job, kReceiptWaitMs);
  if (!text.ok()) return text.error().in("receipt");
  if (Status wrote = put(folder + "/receipt.assay", text.value()); !wrote.ok()) return wrote;
  if (Status wrote = put(folder + "/policy.txt", port.trust()); !wrote.ok()) return wrote;
  const Status evidence = put(folder + "/evidence.assay", port.evidence(proven_slash(cast)));
  if (!evidence.ok()) return evidence;
  const Result<wire::CaseFile> receipt = wire::parse_case_file(text.value());
  if (!receipt.ok()) return receipt.error().in("receipt");
  const Result<Digest> job = Digest::parse_hex(picture.job);
  if (!job.ok()) return job.error();
  const Result<JobResult> result = fetch_result(port, job.value(), receipt.value());
  if (!result.ok()) return result.error().in("picture");
  const Status raw = write_file_durably(folder + "/picture.raw", result.value().raw);
  if (!raw.ok()) return raw;
  return write_file_durably(folder + "/picture.png", result.value().artefact.bytes);
}

Status audit_files(const Console& console, const std::string& folder, std::string& text) {
  const std::string policy = folder + "/policy.txt";
  const CaseCommand of_receipt{folder + "/receipt.assay", policy, "", ""};
  const CaseCommand of_proof{folder + "/evidence.assay", policy, "", ""};
  const Result<OpenedCase> receipt = open_case(of_receipt);
  if (!receipt.ok()) return receipt.error();
  const Result<OpenedCase> proof = open_case(of_proof);
  if (!proof.ok()) return proof.error();
  Result<Bytes> raw = read_file(folder + "/picture.raw", compute::Caps{}.result_bytes_max);
  if (!raw.ok()) return raw.error();
  const compute::Engine engine = machine_engine();
  Result<verifier::AuditOptions> made = audit_options(receipt.value().trust, engine, of_receipt);
  const Result<verifier::AuditOptions> alone = audit_options(proof.value().trust, engine, of_proof);
  if (!made.ok() || !alone.ok()) return made.ok() ? alone.error() : made.error();
  verifier::AuditOptions options = std::move(made).value();
  options.replay = kReplay;
  options.result = std::move(raw).value();
  const verifier::AuditReport report = verifier::audit_receipt(receipt.value().text, options);
  text = "The picture's receipt, checked from files alone, " + std::to_string(kReplay) +
         " tiles of our own choosing rendered again:\n" + layers_text(console, report.checks) +
         facts_text(report.facts);
  if (report.failure) return report.failure->in("receipt");
  const verifier::EvidenceReport evidence =
      verifier::check_evidence(proof.value().text, alone.value());
  if (!evidence.fraud_shown()) {
    return evidence.failure ? evidence.failure->in("evidence")
                            : fail(Code::no_evidence, "evidence: it shows no fraud");
  }
  text += "\nThe fraud proof, run again on this CPU: " + console.paint(Color::red, "fraud shown") +
          (evidence.failure ? ", " + wire::printable(evidence.failure->what) : "") + "\n";
  return {};
}

Table outcome_table(const std::vector<Actor>& cast) {
  Table table{{"PROVIDER", "KIND", "JOBS", "PASSED", "TRUST", "OUTCOME"}, {}};
  for (const Actor& actor : cast) {
    std::string outcome = actor.slash.empty() ? "honest, never accused" : "FALSELY ACCUSED";
    if (actor.caught_after_jobs) {
      outcome = "CAUGHT after " + std::to_string(*actor.caught_after_jobs) +
                (*actor.caught_after_jobs == 1 ? " job: " : " jobs: ") + actor.reason;
    } else if (!actor.honest()) {
      outcome = "NOT CAUGHT";
    }
    table.rows.push_back({actor.name, actor.kind, std::to_string(actor.jobs.size()),
                          std::to_string(actor.passed), percent_text(actor.score_ppm), outcome});
  }
  return table;
}

std::string outcome_text(const std::vector<Actor>& cast) {
  unsigned cheats = 0;
  unsigned caught = 0;
  std::string rising;
  for (const Actor& actor : cast) {
    if (!actor.honest()) {
      ++cheats;
      if (actor.caught_after_jobs) ++caught;
      continue;
    }
    std::string path = padded(actor.name, 8) + "0 %";
    for (const std::size_t jobs : {std::size_t{2}, std::size_t{5}, std::size_t{10}}) {
      if (jobs < actor.scores_ppm.size()) path += " > " + percent_text(actor.scores_ppm[jobs - 1]);
    }
    path += " > " + percent_text(actor.score_ppm);
    rising += "  " + path + "\n";
  }
  return std::to_string(caught) + " of " + std::to_string(cheats) + " cheats caught, " +
         std::to_string(false_accusations(cast)) +
         " false accusations. Honest trust after 0, 2, 5, 10 and all jobs:\n" + rising;
}

std::string next_steps(const std::string& folder) {
  const std::string assay = own_program("assay");
  return "Written to " + folder +
         "/\n"
         "  picture.png     what was ordered; picture.raw are the attested bytes\n"
         "  receipt.assay   its receipt          policy.txt    whom the receipt asks you to trust\n"
         "  evidence.assay  a fraud proof        summary.json  this run in figures\n"
         "  scene/          the scene: change it and order it yourself\n"
         "\nGo on with\n  " +
         assay + " audit " + folder + "/receipt.assay --policy " + folder +
         "/policy.txt --replay 8\n  " + assay + " slash check " + folder +
         "/evidence.assay --policy " + folder + "/policy.txt\n  " + own_program("assay-verifier") +
         " serve --data " + folder + "/verifier --listen 127.0.0.1:8790\n  " + assay +
         " provider list --verifier http://127.0.0.1:8790\n";
}

}  // namespace assay::cli
