// Documents about slashes: what was done to whom, why, until when, and how to contest it.
#include "core/wire/appeal.h"
#include "verifier/service/documents.h"
#include "verifier/service/slash_terms.h"
#include "verifier/service/snapshot.h"

namespace assay::verifier {

using reputation::DepositFate;
using reputation::SlashPhase;
using reputation::SlashState;
using reputation::View;
using wire::Json;

namespace {

Result<std::uint64_t> parse_index(const std::string& text, const char* what) {
  Result<std::uint64_t> index = wire::parse_u64(text);
  if (!index.ok()) {
    return fail(Code::malformed, std::string(what) + " ids are decimal log indices, not '" +
                                     text.substr(0, 32) + "'");
  }
  return index;
}

const char* deposit_name(DepositFate fate) {
  switch (fate) {
    case DepositFate::none: return "none";
    case DepositFate::held: return "held";
    case DepositFate::lost: return "lost";
    case DepositFate::returned: return "returned";
  }
  return "none";
}

const char* stake_name(reputation::StakeFate fate) {
  switch (fate) {
    case reputation::StakeFate::locked: return "held";
    case reputation::StakeFate::taken: return "taken";
    case reputation::StakeFate::released: return "returned";
  }
  return "held";
}

Json step_json(const std::string& what, UnixMillis time, const std::string& detail) {
  return Json::object({{"what", what}, {"time", to_rfc3339(time)}, {"detail", detail}});
}

// What the leaf of a step says about it.
std::string said_in(const std::string& payload) {
  const Result<wire::Statement> statement = wire::parse_statement(payload);
  if (!statement.ok()) return "";
  switch (statement.value().kind) {
    case wire::Kind::slash: {
      const Result<wire::Slash> said = wire::parse_slash(payload);
      return said.ok() ? std::string(wire::fault_name(said.value().fault)) : "";
    }
    case wire::Kind::appeal: {
      const Result<wire::Appeal> said = wire::parse_appeal(payload);
      return said.ok() ? said.value().remark : "";
    }
    case wire::Kind::ruling: {
      const Result<wire::Ruling> said = wire::parse_ruling(payload);
      if (!said.ok()) return "";
      return std::string(wire::ruling_outcome_name(said.value().outcome)) + ": " +
             said.value().detail;
    }
    case wire::Kind::reversal: {
      const Result<wire::Reversal> said = wire::parse_reversal(payload);
      return said.ok() ? said.value().cause : "";
    }
    default: return "";
  }
}

// A step that a leaf tells.
Result<Json> logged_step(const View& view, std::uint64_t index, const char* what) {
  Result<wire::LogLeaf> leaf = view.log(index + 1).leaf(index);
  if (!leaf.ok()) return leaf.error();
  return step_json(what, leaf.value().time, said_in(leaf.value().payload)).set("leaf", index);
}

// Its life so far: what the log says, and what time alone has decided.
Result<Json> steps_json(const View& view, const SlashTerms& terms) {
  Json steps = Json::array();
  const struct {
    std::uint64_t index;
    const char* what;
  } leaves[] = {{terms.index, "slash"},
                {terms.row.appeal_index, "appeal"},
                {terms.row.ruling_index, "ruling"},
                {terms.row.reversal_index, "reversal"}};
  for (const auto& each : leaves) {
    if (each.index == 0) continue;
    Result<Json> step = logged_step(view, each.index, each.what);
    if (!step.ok()) return step;
    steps.push(std::move(step).value());
  }
  if (terms.now.phase == SlashPhase::upheld && terms.row.ruling_index == 0) {
    steps.push(step_json("finality", terms.row.finality, "nobody appealed in time"));
  }
  if (terms.now.phase == SlashPhase::expired && terms.row.reversal_index == 0) {
    steps.push(step_json("expiry", terms.row.decide_until,
                         "nobody decided the appeal in time: the reversal is owed"));
  }
  return steps;
}

Json appeal_json(const SlashTerms& terms) {
  const bool possible = terms.no_appeal.empty();
  Json json = Json::object({{"possible", possible},
                            {"until", to_rfc3339(terms.row.finality)},
                            {"deposit_micros", std::to_string(terms.deposit_micros)},
                            {"free_micros", std::to_string(terms.free_micros)},
                            {"command", appeal_command(terms.index)},
                            {"post", "/v1/slashes/" + std::to_string(terms.index) + "/appeal"}});
  if (!possible) json.set("why_not", terms.no_appeal);
  if (terms.row.appeal_index != 0) json.set("decide_until", to_rfc3339(terms.row.decide_until));
  return json;
}

Json effect_json(const SlashTerms& terms) {
  return Json::object({{"counts", terms.effect.counts},
                       {"trust_ppm", terms.trust.trust_ppm},
                       {"trust_without_ppm", terms.trust.without_ppm},
                       {"stake", stake_name(terms.effect.stake)},
                       {"deposit", deposit_name(terms.effect.deposit)}});
}

}  // namespace

Json slash_json(std::uint64_t index, const SlashState& row, UnixMillis now) {
  const Result<reputation::SlashCase> by_now =
      advance(case_of(row), reputation::SlashEvent::time_passes, now, 0);
  const SlashPhase phase = by_now.ok() ? by_now.value().phase : row.phase;
  Json json = Json::object({{"id", std::to_string(index)},
                            {"provider", reputation::provider_id(row.provider).hex()},
                            {"class", row.class_name},
                            {"fault", std::string(wire::fault_name(row.fault))},
                            {"attestation_index", row.attestation_index},
                            {"severity_ppm", row.severity_ppm},
                            {"amount_micros", std::to_string(row.amount_micros())},
                            {"status", reputation::slash_phase_name(phase)},
                            {"logged", to_rfc3339(row.logged)},
                            {"finality", to_rfc3339(row.finality)}});
  if (phase == SlashPhase::pending) json.set("deadline", to_rfc3339(row.finality));
  if (phase == SlashPhase::appealed) json.set("deadline", to_rfc3339(row.decide_until));
  if (row.appeal_index != 0) json.set("appeal_index", row.appeal_index);
  if (row.ruling_index != 0) json.set("ruling_index", row.ruling_index);
  if (row.reversal_index != 0) json.set("reversal_index", row.reversal_index);
  return json;
}

Result<Json> slash_document(const Reading& context, const std::string& id) {
  Result<std::uint64_t> index = parse_index(id, "slash");
  if (!index.ok()) return index.error();
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  const View view = at.value().view();
  Result<SlashTerms> found = slash_terms(view, index.value(), at.value().now, context.policy());
  if (!found.ok()) return found.error();
  const SlashTerms& terms = found.value();
  Json json = slash_json(index.value(), terms.row, at.value().now);
  json.set("statement", terms.row.statement.hex());
  json.set("job", terms.said.job.hex());
  json.set("detail", terms.said.detail);
  json.set("evidence_blob", terms.said.evidence_blob.hex());
  json.set("evidence", "/v1/slashes/" + std::to_string(index.value()) + "/evidence");
  Json indices = Json::array();
  for (const std::uint64_t i : terms.said.evidence_indices) indices.push(i);
  json.set("evidence_indices", std::move(indices));
  json.set("effect", effect_json(terms));
  json.set("appeal", appeal_json(terms));
  Result<Json> steps = steps_json(view, terms);
  if (!steps.ok()) return steps.error();
  return json.set("steps", std::move(steps).value());
}

Result<Json> slashes_document(const Reading& context, const api::Page& page) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  std::uint64_t from = 0;
  if (!page.cursor.empty()) {
    Result<std::uint64_t> index = parse_index(page.cursor, "cursor");
    if (!index.ok()) return index.error();
    from = index.value() + 1;
  }
  Json rows = Json::array();
  std::string next;
  const Status scanned =
      at.value().view().each_slash(from, [&](std::uint64_t index, const SlashState& row) {
        rows.push(slash_json(index, row, at.value().now));
        if (rows.items().size() < page.limit) return true;
        next = std::to_string(index);
        return false;
      });
  if (!scanned.ok()) return scanned.error();
  return Json::object(
      {{"slashes", std::move(rows)}, {"total", at.value().head.slashes}, {"next", next}});
}

}  // namespace assay::verifier
