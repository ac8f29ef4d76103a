#include "api/cli/checks.h"

#include <algorithm>
#include <thread>

#include <CLI/CLI.hpp>

#include "api/cli/model_file.h"
#include "api/cli/units.h"
#include "core/base/file.h"
#include "core/wire/error_report.h"
#include "core/wire/receipt.h"

namespace assay::cli {
namespace {

using verifier::AuditFacts;
using verifier::Bound;
using verifier::Check;
using verifier::CheckStatus;
using wire::Json;

std::string mark_of(const Console& console, CheckStatus status) {
  switch (status) {
    case CheckStatus::passed: return console.paint(Color::green, "pass");
    case CheckStatus::failed: return console.paint(Color::red, "FAIL");
    case CheckStatus::skipped: return console.paint(Color::yellow, "skip");
    case CheckStatus::note: return console.paint(Color::cyan, "note");
  }
  return "";
}

std::string at_shares(const Bound& bound, const std::string& what) {
  return ": if 1 / 5 / 10 % of " + what + " were wrong, this would show it with " +
         percent_text(bound.at_1_percent_ppm) + " / " + percent_text(bound.at_5_percent_ppm) +
         " / " + percent_text(bound.at_10_percent_ppm);
}

std::string micro_text(const Bound& bound) {
  const std::string picked =
      std::to_string(bound.picks) + " pairs of " + std::to_string(bound.total);
  if (bound.columns == 0) {
    return "rows of single steps recomputed: " + picked + at_shares(bound, "all pairs");
  }
  return "rows micro-checked: " + picked + ", in " + std::to_string(bound.columns) +
         " columns each" + at_shares(bound, "all pairs") +
         "; if all were, each in 1 % of its columns, with " +
         percent_text(bound.thin_at_1_percent_ppm);
}

std::string bound_text(const Bound& bound) {
  const std::string of = " of " + std::to_string(bound.total);
  if (bound.unit == "first steps") {
    return "the first " + std::to_string(bound.picks) + of + " steps, recomputed from the order";
  }
  return std::to_string(bound.picks) + " random " + bound.unit + of + at_shares(bound, "them");
}

Json bound_json(const Bound& bound) {
  return Json::object({{"unit", bound.unit},
                       {"picks", bound.picks},
                       {"total", bound.total},
                       {"at_1_percent_ppm", bound.at_1_percent_ppm},
                       {"at_5_percent_ppm", bound.at_5_percent_ppm},
                       {"at_10_percent_ppm", bound.at_10_percent_ppm}});
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

compute::InputSource inputs_in(const std::string& folder) {
  if (folder.empty()) return {};
  return [folder](const wire::Input& input) -> Result<Bytes> {
    // A render's scene is called "scene" in the order whatever its file is called.
    for (const std::string& name : {input.name, input.name + ".json", input.name + ".npy",
                                    input.name + ".safetensors", input.name + ".txt"}) {
      Result<Bytes> bytes = read_file(folder + "/" + name, compute::Caps{}.input_bytes_max);
      if (bytes.ok() && sha256(bytes.value()) == input.sha256) return bytes;
    }
    return fail(Code::no_evidence, folder + " has no file " + input.name + " with the digest " +
                                       input.sha256.hex().substr(0, 16) + "…");
  };
}

}  // namespace

std::string checks_text(const Console& console, const std::vector<Check>& checks) {
  std::size_t width = 0;
  for (const Check& check : checks) width = std::max(width, width_of(check.layer));
  std::string text;
  for (const Check& check : checks) {
    text += "  " + mark_of(console, check.status) + "  " + padded(check.layer, width) + "  " +
            wire::printable(check.name);
    if (!check.detail.empty()) {
      text += console.paint(Color::dim, "  " + wire::printable(check.detail));
    }
    text += "\n";
  }
  return text;
}

std::string layers_text(const Console& console, const std::vector<Check>& checks) {
  std::string text;
  for (const Check& layer : checks) {
    unsigned passed = 0;
    const Check* first = nullptr;
    for (const Check& check : checks) {
      if (check.layer != layer.layer) continue;
      if (first == nullptr) first = &check;
      if (check.status == CheckStatus::passed) ++passed;
    }
    if (first != &layer || passed == 0) continue;
    text += "  " + mark_of(console, CheckStatus::passed) + "  " + padded(layer.layer, 10) +
            std::to_string(passed) + (passed == 1 ? " check\n" : " checks\n");
  }
  std::vector<Check> others;
  for (const Check& check : checks) {
    if (check.status != CheckStatus::passed) others.push_back(check);
  }
  return text + checks_text(console, others);
}

Json checks_json(const std::vector<Check>& checks) {
  Json rows = Json::array();
  for (const Check& check : checks) {
    Json row = Json::object({{"layer", check.layer},
                             {"check", check.name},
                             {"status", verifier::check_status_name(check.status)},
                             {"detail", check.detail}});
    if (check.code) row.set("code", code_name(*check.code));
    rows.push(std::move(row));
  }
  return rows;
}

AuditFacts told_facts(const verifier::AuditReport& report) {
  AuditFacts facts = report.facts;
  if (facts.verdict || facts.slash) return facts;
  for (const Check& check : report.checks) {
    // Not "verdict: required", which fails because it was seen that there is none.
    const bool is_unknown =
        check.status == CheckStatus::skipped ||
        (check.status == CheckStatus::failed && check.name != "verdict: required");
    if (check.layer == "verdict" && is_unknown) facts.level = "NOT_LOOKED_AT";
  }
  return facts;
}

std::string facts_text(const AuditFacts& facts) {
  std::string text;
  if (!facts.job.empty()) text += "job " + facts.job.substr(0, 16);
  if (facts.steps > 0)
    text += ", " + facts.workload + " of " + std::to_string(facts.steps) + " steps";
  if (!facts.provider.empty()) text += ", by provider " + facts.provider.substr(0, 16);
  if (!text.empty()) text += "\n";
  text += "the verifier's audit: " + facts.level + "\n";
  if (facts.bound) text += "  " + bound_text(*facts.bound) + "\n";
  if (facts.micro_bound) text += "  " + micro_text(*facts.micro_bound) + "\n";
  if (facts.own_replayed > 0) {
    text += "replayed here: " + std::to_string(facts.own_replayed) + "\n";
  }
  if (facts.own_bound) text += "  " + bound_text(*facts.own_bound) + "\n";
  if (!facts.own_unavailable.empty()) {
    text += "not to be had, which shows nothing: " + listed(facts.own_unavailable) + "\n";
  }
  return text;
}

Json facts_json(const AuditFacts& facts) {
  Json json = Json::object({{"origin", facts.origin},
                            {"tree_size", facts.tree_size},
                            {"job", facts.job},
                            {"provider", facts.provider},
                            {"workload", facts.workload},
                            {"steps", facts.steps},
                            {"rows", facts.rows},
                            {"level", facts.level},
                            {"positions_replayed", facts.positions_replayed},
                            {"rows_followed", facts.rows_followed},
                            {"rows_micro_checked", facts.rows_micro_checked},
                            {"own_replayed", facts.own_replayed}});
  if (facts.verdict) json.set("verdict", wire::outcome_name(*facts.verdict));
  if (facts.bound) json.set("bound", bound_json(*facts.bound));
  if (facts.micro_bound) {
    Json bound = bound_json(*facts.micro_bound);
    bound.set("columns", facts.micro_bound->columns)
        .set("thin_at_1_percent_ppm", facts.micro_bound->thin_at_1_percent_ppm);
    json.set("micro_bound", std::move(bound));
  }
  if (facts.own_bound) json.set("own_bound", bound_json(*facts.own_bound));
  if (!facts.own_unavailable.empty()) {
    Json names = Json::array();
    for (const std::string& name : facts.own_unavailable) names.push(name);
    json.set("own_unavailable", std::move(names));
  }
  if (facts.own_error) json.set("own_error", code_name(facts.own_error->code));
  if (facts.slash) json.set("slash", wire::fault_name(*facts.slash));
  return json;
}

void add_case_options(CLI::App& command, CaseCommand& into, const std::string& what) {
  command.add_option("file", into.file, what)->required();
  command.add_option("--policy", into.policy, "Whom you trust: the verifier's policy.txt")
      ->required()
      ->envname("ASSAY_POLICY");
  command.add_option("--inputs", into.inputs, "Folder with the order's inputs, if large");
  command.add_option("--model", into.model,
                     "Of a text: the model, a Hugging Face folder or a pack");
}

Result<OpenedCase> open_case(const CaseCommand& command) {
  Result<wire::Trust> trust = read_trust(command.policy);
  if (!trust.ok()) return trust.error().in("--policy");
  Result<Bytes> bytes = read_file(command.file, wire::kCaseFileBytesMax);
  if (!bytes.ok()) return bytes.error();
  return OpenedCase{std::move(trust).value(), std::move(bytes).value()};
}

compute::Engine machine_engine() {
  return compute::Engine(compute::best_cpu_level(),
                         std::max(1U, std::thread::hardware_concurrency()));
}

Result<verifier::AuditOptions> audit_options(const wire::Trust& trust,
                                             const compute::Engine& engine,
                                             const CaseCommand& command) {
  compute::InputSource inputs = inputs_in(command.inputs);
  if (!command.model.empty()) {
    Result<ModelFile> model = open_model(command.model);
    if (!model.ok()) return model.error().in("--model");
    inputs = with_model(inputs, std::make_shared<const ModelFile>(std::move(model).value()));
  }
  return verifier::AuditOptions{.trust = trust,
                                .engine = engine,
                                .random = system_random(),
                                .inputs = std::move(inputs),
                                .result = {},
                                .sources = {},
                                .known_head = {},
                                .max_age_ms = {},
                                .now = system_clock().unix_now(),
                                .caps = {}};
}

}  // namespace assay::cli
