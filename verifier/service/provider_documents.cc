// Documents about providers: who they are, what they score, and why.
#include <map>

#include "core/wire/dsse.h"
#include "verifier/service/documents.h"
#include "verifier/service/snapshot.h"

namespace assay::verifier {

using reputation::ClassScore;
using reputation::ProviderScore;
using reputation::ProviderState;
using wire::Json;

namespace {

std::uint32_t ppm(reputation::Q30 value) {
  return reputation::ppm_from_q30(value);
}

Json class_json(const ClassScore& row) {
  return Json::object({{"class", row.name},
                       {"trust_ppm", ppm(row.trust)},
                       {"integrity_ppm", ppm(reputation::integrity(row.record))},
                       {"slash_ppm", ppm(reputation::slash_factor(row.record))},
                       {"uncertainty_ppm", ppm(reputation::uncertainty(row.record))},
                       {"attested", row.attested},
                       {"audited", row.audited},
                       {"passed", row.passed},
                       {"proven", row.record.proven},
                       {"tombstoned", row.record.tombstoned}});
}

Json score_json(const Reading& context, const ProviderScore& score) {
  Json json = Json::object({{"trust_ppm", 0}, {"uptime_ppm", ppm(score.uptime)}});
  json.set("performance_ppm", context.policy.performance_ppm);
  json.set("performance_state", "unmeasured");
  json.set("stake_ppm", context.policy.stake_ppm);
  json.set("stake_state", "unmeasured");
  json.set("epoch", score.epoch);
  json.set("state", score.headline ? "preview" : "unaudited");
  if (score.headline) {
    const ClassScore& worst = score.classes[*score.headline];
    json.set("trust_ppm", ppm(worst.trust));
    json.set("class", worst.name);
    json.set("integrity_ppm", ppm(reputation::integrity(worst.record)));
    json.set("slash_ppm", ppm(reputation::slash_factor(worst.record)));
    json.set("uncertainty_ppm", ppm(reputation::uncertainty(worst.record)));
    json.set("audited", worst.audited);
    json.set("tombstoned", worst.record.tombstoned);
  }
  return json;
}

Json provider_json(const Reading& context, const Digest& id, const ProviderState& state,
                   const ProviderScore& score) {
  Json classes = Json::array();
  for (const ClassScore& row : score.classes) classes.push(class_json(row));
  return Json::object({{"id", id.hex()},
                       {"key", state.key.hex()},
                       {"name", state.name},
                       {"region", state.region},
                       {"device_class", state.device_class},
                       {"since", to_rfc3339(state.since)},
                       {"score", score_json(context, score)},
                       {"classes", std::move(classes)},
                       {"jobs", Json::object({{"accepted", state.accepted_jobs},
                                              {"attested", state.attested_jobs},
                                              {"timeouts", state.timeouts}})},
                       {"slashes_standing", state.slashes_standing}});
}

}  // namespace

Result<Json> provider_document(const Reading& context, const std::string& id) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  Result<FoundProvider> found = find_provider(context, at.value(), id);
  if (!found.ok()) return found.error();
  Json json = provider_json(context, found.value().id, found.value().state, found.value().score);
  Json slashes = Json::array();
  const Status scanned =
      at.value().view().each_slash(0, [&](std::uint64_t index, const reputation::SlashState& row) {
        if (row.provider == found.value().state.key) {
          slashes.push(slash_json(index, row, at.value().now));
        }
        return true;
      });
  if (!scanned.ok()) return scanned.error();
  json.set("slashes", std::move(slashes));
  return json;
}

Result<Json> providers_document(const Reading& context, const api::Page& page) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  std::optional<Digest> after;
  if (!page.cursor.empty()) {
    Result<Digest> id = parse_id(page.cursor, "cursor");
    if (!id.ok()) return id.error();
    after = id.value();
  }
  Json rows = Json::array();
  std::string next;
  Status problem;
  const Status scanned =
      at.value().view().each_provider(after, [&](const Digest& id, const ProviderState& state) {
        Result<ProviderScore> score =
            at.value().view().score(id, state, at.value().now, context.policy);
        if (!score.ok()) {
          problem = score.error();
          return false;
        }
        rows.push(provider_json(context, id, state, score.value()));
        if (rows.items().size() < page.limit) return true;
        next = id.hex();
        return false;
      });
  if (!scanned.ok()) return scanned.error();
  if (!problem.ok()) return problem.error();
  return Json::object(
      {{"providers", std::move(rows)}, {"total", at.value().head.providers}, {"next", next}});
}

Result<Json> explain_document(const Reading& context, const std::string& id) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  Result<FoundProvider> found = find_provider(context, at.value(), id);
  if (!found.ok()) return found.error();
  const ProviderScore& score = found.value().score;
  Json json =
      Json::object({{"provider", found.value().id.hex()}, {"score", score_json(context, score)}});
  Json lines = Json::array();
  std::int64_t shown = 0;
  if (score.headline) {
    const std::string& name = score.classes[*score.headline].name;
    Result<std::vector<reputation::CountedEpoch>> history =
        at.value().view().history(found.value().id);
    if (!history.ok()) return history.error();
    std::map<std::uint64_t, reputation::EpochCounts> epochs;
    for (const reputation::CountedEpoch& row : history.value()) {
      if (!row.class_name.empty() && row.class_name != name) continue;
      reputation::EpochCounts& sum = epochs[row.epoch];
      sum.passes += row.counts.passes;
      sum.soft += row.counts.soft;
      sum.proven += row.counts.proven;
      sum.severity_ppm += row.counts.severity_ppm;
      sum.equivocations += row.counts.equivocations;
    }
    reputation::Record record;
    std::optional<std::uint64_t> last_hour;
    const auto trust_now = [&] {
      return static_cast<std::int64_t>(ppm(reputation::trust(
          record, score.uptime, reputation::q30_from_ppm(context.policy.performance_ppm),
          reputation::q30_from_ppm(context.policy.stake_ppm))));
    };
    for (const auto& [epoch, counts] : epochs) {
      const std::uint64_t hour = reputation::hour_of_epoch(epoch, context.policy);
      record = reputation::fold_epoch(
          record, counts, static_cast<std::uint32_t>(last_hour ? hour - *last_hour : 0));
      last_hour = hour;
      const std::int64_t after = trust_now();
      const std::int64_t when = static_cast<std::int64_t>(epoch) * context.policy.epoch_seconds;
      lines.push(Json::object({{"epoch", epoch},
                               {"at", to_rfc3339({when * 1000})},
                               {"passes", counts.passes},
                               {"soft_failures", counts.soft},
                               {"proven_faults", counts.proven},
                               {"points_ppm", after - shown},
                               {"trust_ppm", after}}));
      shown = after;
    }
    const std::int64_t final_trust = ppm(score.classes[*score.headline].trust);
    json.set("idle_points_ppm", final_trust - shown);
    shown = final_trust;
    json.set("class", name);
  }
  json.set("lines", std::move(lines));
  json.set("sum_ppm", shown);
  return json;
}

Result<std::string> score_envelope(const Context& context, const std::string& id) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  Result<FoundProvider> found = find_provider(context, at.value(), id);
  if (!found.ok()) return found.error();
  const ProviderScore& from = found.value().score;
  wire::Score score;
  score.provider = found.value().state.key;
  score.origin = context.origin();
  score.tree_size = at.value().head.size;
  score.root = at.value().head.root;
  score.policy = context.policy_digest;
  score.epoch = from.epoch;
  score.uptime_ppm = ppm(from.uptime);
  score.performance_ppm = context.policy.performance_ppm;
  score.stake_ppm = context.policy.stake_ppm;
  if (from.headline) {
    const ClassScore& worst = from.classes[*from.headline];
    score.class_name = worst.name;
    score.trust_ppm = ppm(worst.trust);
    score.slash_ppm = ppm(reputation::slash_factor(worst.record));
    score.integrity_ppm = ppm(reputation::integrity(worst.record));
    score.uncertainty_ppm = ppm(reputation::uncertainty(worst.record));
    score.audits = worst.audited;
    score.tombstoned = worst.record.tombstoned;
  } else {
    score.slash_ppm = ppm(reputation::slash_factor({}));
    score.uncertainty_ppm = ppm(reputation::uncertainty({}));
  }
  return wire::seal(context.keys.verifier, wire::statement_text(wire::score_statement(score)));
}

}  // namespace assay::verifier
