#include "verifier/monitor/finding.h"

#include <array>

#include "core/wire/json.h"

namespace assay::verifier::monitor {
namespace {

struct Row {
  FindingKind kind;
  std::string_view name;
  Severity severity;
  Code code;
  bool ends;  // nothing that comes after it can be followed
};
using enum FindingKind;
constexpr Severity kFault = Severity::fault;
constexpr Severity kSilence = Severity::silence;
constexpr std::array<Row, kFindingKinds> kRows = {{
    {split_view, "split_view", kFault, Code::equivocation, true},
    {rolled_back, "rolled_back", kFault, Code::stale, false},
    {bad_head, "bad_head", kFault, Code::signature, false},
    {stale_log, "stale_log", kSilence, Code::stale, false},
    {wrong_tiles, "wrong_tiles", kFault, Code::proof, false},
    {altered_entry, "altered_entry", kFault, Code::proof, false},
    {bad_signature, "bad_signature", kFault, Code::signature, true},
    {not_a_leaf, "not_a_leaf", kFault, Code::malformed, true},
    {broken_rule, "broken_rule", kFault, Code::mismatch, true},
    {other_policy, "other_policy", kFault, Code::unbound, false},
    {wrong_draw, "wrong_draw", kFault, Code::proof, false},
    {missing_draw, "missing_draw", kSilence, Code::no_evidence, false},
    {wrong_steps, "wrong_steps", kFault, Code::unbound, false},
    {wrong_opening, "wrong_opening", kFault, Code::unbound, false},
    {wrong_verdict, "wrong_verdict", kFault, Code::unbound, false},
    {unopened_verdict, "unopened_verdict", kFault, Code::no_evidence, false},
    {missing_verdict, "missing_verdict", kSilence, Code::no_evidence, false},
    {wrong_summary, "wrong_summary", kFault, Code::unbound, false},
    {wrong_slash, "wrong_slash", kFault, Code::unbound, false},
    {missing_slash, "missing_slash", kSilence, Code::no_evidence, false},
    {wrong_dispute, "wrong_dispute", kFault, Code::mismatch, false},
    {missing_dispute_end, "missing_dispute_end", kSilence, Code::no_evidence, false},
    {wrong_ruling, "wrong_ruling", kFault, Code::mismatch, false},
    {missing_ruling, "missing_ruling", kSilence, Code::no_evidence, false},
    {missing_snapshot, "missing_snapshot", kFault, Code::no_evidence, false},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].kind != static_cast<FindingKind>(i)) return false;
  }
  return true;
}
static_assert(in_order());

const Row& row_of(FindingKind kind) {
  return kRows[static_cast<std::size_t>(kind)];
}

unsigned gravity(FindingKind kind) {
  const Row& row = row_of(kind);
  if (row.code == Code::equivocation) return 3;
  if (row.ends) return 2;
  return row.severity == Severity::fault ? 1 : 0;
}

}  // namespace

std::string_view finding_name(FindingKind kind) {
  return row_of(kind).name;
}
Severity severity_of(FindingKind kind) {
  return row_of(kind).severity;
}
std::string_view severity_name(Severity severity) {
  return severity == Severity::fault ? "fault" : "silence";
}
Code code_of(FindingKind kind) {
  return row_of(kind).code;
}

int exit_code_of(const std::vector<Finding>& findings) {
  const Finding* worst = nullptr;
  for (const Finding& finding : findings) {
    if (worst == nullptr || gravity(finding.kind) > gravity(worst->kind)) worst = &finding;
  }
  return worst == nullptr ? 0 : static_cast<int>(code_of(worst->kind));
}

std::string two_heads_text(const std::string& origin, const TwoHeads& heads) {
  wire::Json notes = wire::Json::array();
  notes.push(heads.first).push(heads.second);
  return wire::Json::object({{"assay", "equivocation/v1"}, {"origin", origin}, {"notes", notes}})
             .dump() +
         "\n";
}

}  // namespace assay::verifier::monitor
