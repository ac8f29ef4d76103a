#include "api/cli/score_final.h"

#include <CLI/CLI.hpp>

#include "api/cli/checks.h"
#include "api/cli/leaf_proof.h"
#include "api/cli/units.h"
#include "core/base/file.h"
#include "core/wire/dsse.h"
#include "core/wire/error_report.h"
#include "verifier/monitor/score_check.h"

namespace assay::cli {
namespace {

using wire::Json;

struct FinalCommand {
  std::string provider;
  std::string class_name;
  std::string out;
};

struct VerifyCommand {
  std::string file;
  std::string policy;
};

// What the statement says, unverified: only to find the snapshot's leaf.
Result<std::uint64_t> snapshot_index(const std::string& envelope) {
  const Result<wire::Envelope> parsed = wire::parse_envelope(envelope);
  if (!parsed.ok()) return parsed.error();
  const Result<wire::Score> said = wire::parse_score(as_text(parsed.value().payload));
  if (!said.ok()) return said.error();
  if (!said.value().proof) return fail(Code::no_evidence, "the verifier sent a preview");
  return said.value().proof->index;
}

int score_final(Session& session, const FinalCommand& command) {
  Console& console = session.console;
  const Result<std::unique_ptr<api::Client>> client = session.connect();
  if (!client.ok()) return console.error(client.error());
  const Result<Json> provider = find_provider(*client.value(), command.provider);
  if (!provider.ok()) return console.error(provider.error());
  const Result<std::string> envelope =
      client.value()->final_score(text_of(provider.value(), "id"), command.class_name);
  if (!envelope.ok()) return console.error(envelope.error());
  if (command.out.empty()) {
    console.out(envelope.value() + "\n");
    return 0;
  }
  const Result<std::uint64_t> index = snapshot_index(envelope.value());
  if (!index.ok()) return console.error(index.error());
  const Result<std::string> proof = leaf_proof(*client.value(), index.value());
  if (!proof.ok()) return console.error(proof.error().in("the snapshot's proof"));
  if (proof.value().empty()) {
    console.say("the log's head does not cover the snapshot yet: the file has no proof of it");
  }
  const std::string text = envelope.value() + "\n" + proof.value();
  const Status written = write_file_durably(command.out, as_bytes(text));
  if (!written.ok()) return console.error(written.error().in("--out"));
  console.say("check it with: assay score verify " + command.out + " --policy policy.txt");
  console.result_for_programs(Json::object({{"provider", text_of(provider.value(), "id")},
                                            {"file", command.out},
                                            {"snapshot_in_log", !proof.value().empty()}}));
  return 0;
}

Json facts_of(const verifier::ScoreReport& report) {
  Json facts = Json::object({{"ok", report.ok()}, {"snapshot_in_log", report.in_log}});
  if (!report.score) return facts;
  const wire::Score& score = *report.score;
  facts.set("provider", key_id(score.provider)).set("class", score.class_name);
  facts.set("origin", score.origin).set("tree_size", score.tree_size);
  facts.set("epoch", score.epoch).set("final", score.final);
  facts.set("trust_ppm", score.trust_ppm).set("slash_ppm", score.slash_ppm);
  facts.set("integrity_ppm", score.integrity_ppm).set("uptime_ppm", score.uptime_ppm);
  facts.set("performance_ppm", score.performance_ppm).set("stake_ppm", score.stake_ppm);
  facts.set("uncertainty_ppm", score.uncertainty_ppm).set("audits", score.audits);
  facts.set("tombstoned", score.tombstoned);
  if (report.state) {
    facts.set("headline", report.state->headline).set("age_days", report.state->age_days);
  }
  return facts;
}

std::string facts_text_of(const verifier::ScoreReport& report) {
  if (!report.ok() || !report.score || !report.state) return {};
  const wire::Score& score = *report.score;
  return "provider " + key_id(score.provider).substr(0, 16) + ", " + score.class_name +
         (report.state->headline ? ", its lowest audited class" : "") + ": trust " +
         percent_text(score.trust_ppm) + " as epoch " + std::to_string(score.epoch) +
         " ended, out of the first " + std::to_string(score.tree_size) + " leaves of " +
         score.origin;
}

int score_verify(Session& session, const VerifyCommand& command) {
  Console& console = session.console;
  const Result<wire::Trust> trust = read_trust(command.policy);
  if (!trust.ok()) return console.error(trust.error().in("--policy"));
  const Result<Bytes> bytes = read_file(command.file, verifier::kScoreFileBytesMax);
  if (!bytes.ok()) return console.error(bytes.error());
  const verifier::ScoreReport report = verifier::check_score(as_text(bytes.value()), trust.value());
  if (console.format() == Format::table) {
    const std::string facts = wire::printable(facts_text_of(report));
    console.out(checks_text(console, report.checks) + (facts.empty() ? "" : "\n" + facts + "\n"));
  } else {
    Json document = facts_of(report);
    const Json checks = checks_json(report.checks);
    document.set("checks", checks);
    console.result(document, checks.items(), {});
  }
  return report.failure ? console.error(*report.failure) : 0;
}

}  // namespace

void add_score_final(CLI::App& score, Chosen& chosen) {
  CLI::App* final = add_command(score, chosen, "final",
                                "The signed score of the last epoch that is over, with its proof",
                                "assay score final alder --out alder.score");
  const auto what = add_run(*final, chosen, score_final);
  final->add_option("provider", what->provider, "Its id, the beginning of its id, or its name")
      ->required();
  final->add_option("--class", what->class_name,
                    "Of this class, such as cpu/gemm@1 (default: the lowest audited one)");
  final->add_option("--out", what->out,
                    "Write the statement here, with the proof that its snapshot is in the log");
  CLI::App* verify = add_command(
      score, chosen, "verify",
      "Checks a final score offline: signature, proofs, and every number out of its state",
      "assay score verify alder.score --policy policy.txt", Asks::nobody);
  const auto which = add_run(*verify, chosen, score_verify);
  verify->add_option("file", which->file, "What assay score final wrote")->required();
  verify->add_option("--policy", which->policy, "Whom you trust: the verifier's policy.txt")
      ->required()
      ->envname("ASSAY_POLICY");
}

}  // namespace assay::cli
