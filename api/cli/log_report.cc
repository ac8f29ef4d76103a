#include "api/cli/log_report.h"

#include "api/cli/units.h"
#include "core/wire/error_report.h"

namespace assay::cli {

using verifier::monitor::Finding;
using verifier::monitor::Look;
using verifier::monitor::Monitor;
using wire::Json;

namespace {

Json finding_json(const Finding& finding) {
  Json json = Json::object(
      {{"kind", verifier::monitor::finding_name(finding.kind)},
       {"severity", verifier::monitor::severity_name(verifier::monitor::severity_of(finding.kind))},
       {"code", code_name(verifier::monitor::code_of(finding.kind))},
       {"text", finding.text}});
  if (finding.leaf) json.set("leaf", *finding.leaf);
  if (finding.statement != Digest{}) json.set("statement", finding.statement.hex());
  return json;
}

std::string finding_line(const Finding& finding) {
  return std::string(verifier::monitor::finding_name(finding.kind)) + ": " +
         wire::printable(finding.text);
}

std::string count_text(std::uint64_t count) {
  return std::to_string(count);
}

std::string audits_text(const Monitor& monitor, const Look& look) {
  const verifier::monitor::Totals& totals = monitor.totals();
  std::string text = std::to_string(totals.audited) + " verdicts are about what was drawn, " +
                     std::to_string(totals.passed_over) + " attestations passed over, " +
                     std::to_string(look.audits_due) + " audits under way";
  if (totals.unchecked > 0) {
    text += ", " + std::to_string(totals.unchecked) +
            " not derivable without the orders' inputs (--inputs fetches them)";
  }
  return text;
}

}  // namespace

std::function<void(std::uint64_t, std::uint64_t)> log_progress(Console& console) {
  const auto progress = std::make_shared<Progress>(console, "leaves of the log", count_text);
  return [progress](std::uint64_t done, std::uint64_t size) { progress->at(done, size); };
}

Json look_json(const Monitor& monitor, const Look& look) {
  const verifier::monitor::Update& update = look.update;
  Json kinds = Json::object();
  for (const auto& [kind, count] : monitor.totals().statements) {
    kinds.set(std::string(wire::kind_name(kind)), count);
  }
  Json findings = Json::array();
  for (const Finding& finding : look.fresh) findings.push(finding_json(finding));
  return Json::object({{"origin", update.head.checkpoint.origin},
                       {"size", update.head.checkpoint.size},
                       {"root", update.head.checkpoint.root.hex()},
                       {"old_size", update.known_size},
                       {"followed_to", update.size},
                       {"signatures", update.size},
                       {"statements", std::move(kinds)},
                       {"audits", Json::object({{"checked", monitor.totals().audited},
                                                {"passed_over", monitor.totals().passed_over},
                                                {"under_way", look.audits_due},
                                                {"not_derivable", monitor.totals().unchecked}})},
                       {"quorum_none", update.head.quorum_none},
                       {"age_ms", look.age_ms},
                       {"findings", std::move(findings)},
                       {"exit_code", look.exit_code}});
}

std::string look_line(const Console& console, const Monitor& monitor, const Look& look) {
  if (console.format() != Format::table) return look_json(monitor, look).dump() + "\n";
  const verifier::monitor::Update& update = look.update;
  std::string text = to_rfc3339(system_clock().unix_now()) + "  size " +
                     std::to_string(update.size) + " (+" +
                     std::to_string(update.size - update.old_size) + ")  root " +
                     update.head.checkpoint.root.hex().substr(0, 16) + "  " +
                     std::to_string(look.audits_due) + " audits under way";
  text += look.fresh.empty() ? "  ok\n" : "\n";
  for (const Finding& finding : look.fresh) {
    text += "  " + console.paint(Color::red, finding_line(finding)) + "\n";
  }
  return text;
}

void show_look(Console& console, const Monitor& monitor, const Look& look, bool remembers) {
  const verifier::monitor::Update& update = look.update;
  std::string kinds;
  for (const auto& [kind, count] : monitor.totals().statements) {
    kinds += (kinds.empty() ? "" : ", ") + std::to_string(count) + " " +
             std::string(wire::kind_name(kind));
  }
  Table table{{},
              {{"log", update.head.checkpoint.origin},
               {"size", std::to_string(update.head.checkpoint.size)},
               {"root", update.head.checkpoint.root.hex()},
               {"grew from", remembers ? std::to_string(update.known_size)
                                       : "not asked (--known-head FILE or --state DIR remember)"},
               {"signatures", std::to_string(update.size) + " hold"},
               {"statements", kinds},
               {"audits", audits_text(monitor, look)}}};
  if (update.head.quorum_none) {
    table.rows.push_back({"witnesses", "none asked for by the policy file"});
  }
  // What was found in earlier looks stands as well.
  for (const Finding& finding : monitor.findings()) {
    table.rows.push_back({"finding", finding_line(finding)});
  }
  table.rows.push_back({"result", look.exit_code == 0 ? "nothing is wrong" : "see the findings"});
  console.result(look_json(monitor, look), table);
}

}  // namespace assay::cli
