#include "api/cli/demo/finale.h"

#include <filesystem>

#include "api/cli/checks.h"
#include "api/cli/units.h"
#include "core/base/file.h"
#include "core/wire/error_report.h"

namespace assay::cli {
namespace {

Status put(const std::string& path, Result<std::string> text) {
  if (!text.ok()) return text.error();
  return write_file_durably(path, as_bytes(text.value()));
}

// The slash whose proof is kept: a wrong result, which anybody's CPU can show without a model.
std::string proven_slash(const std::vector<Actor>& cast) {
  for (const Actor& actor : cast) {
    const bool proven = actor.work != Work::texts && actor.kind != "withhold-when-sampled";
    if (!actor.slash.empty() && proven) return actor.slash;
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

Status collect_files(api::Port& port, const std::vector<Actor>& cast, const std::string& folder) {
  if (Status wrote = put(folder + "/policy.txt", port.trust()); !wrote.ok()) return wrote;
  return put(folder + "/evidence.assay", port.evidence(proven_slash(cast)));
}

Status check_fraud_proof(const Console& console, const std::string& folder, std::string& text) {
  const CaseCommand command{folder + "/evidence.assay", folder + "/policy.txt", "", ""};
  const Result<OpenedCase> proof = open_case(command);
  if (!proof.ok()) return proof.error();
  const compute::Engine engine = machine_engine();
  const Result<verifier::AuditOptions> options =
      audit_options(proof.value().trust, engine, command);
  if (!options.ok()) return options.error();
  const verifier::EvidenceReport evidence =
      verifier::check_evidence(proof.value().text(), options.value());
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

std::string next_steps(const std::string& folder, bool with_story) {
  const std::string assay = own_program("assay");
  const std::string trust = " --policy " + folder + "/policy.txt";
  const auto command = [&](const std::string& words) { return "  " + assay + " " + words + "\n"; };
  const std::string story =
      with_story ? "  story.txt        what was told         story.assay       its receipt\n" : "";
  const std::string audit_story = with_story ? command("audit " + folder + "/story.assay" + trust +
                                                       " --model " + folder + "/model.pack")
                                             : "";
  return "Written to " + folder +
         "/\n"
         "  picture.png      what was rendered     receipt.assay     its receipt\n" +
         story +
         "  simulation.png   eddies in a stream    simulation.assay  its receipt\n"
         "  evidence.assay   a fraud proof         policy.txt        whom all of them ask you to "
         "trust\n"
         "  scene/, simulation.json                change them, and order them yourself\n"
         "\nGo on with\n" +
         command("audit " + folder + "/receipt.assay" + trust + " --replay 8") + audit_story +
         command("slash check " + folder + "/evidence.assay" + trust) + "  " +
         own_program("assay-verifier") + " serve --data " + folder +
         "/verifier --listen 127.0.0.1:8790\n" +
         command("provider list --verifier http://127.0.0.1:8790") +
         "\nWhile that verifier serves, its pages are at http://127.0.0.1:8790/\n";
}

}  // namespace assay::cli
