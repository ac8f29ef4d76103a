// Why a provider's score is what it is, and what would become of it.
#include "reputation/ledger/explain.h"

#include "verifier/service/documents.h"
#include "verifier/service/snapshot.h"

namespace assay::verifier {

using reputation::ScoreLine;
using wire::Json;

namespace {

constexpr std::size_t kLinesMax = 1'000;  // the newest events; what went before is one sum

Json line_json(const ScoreLine& line, const wire::Policy& policy) {
  const std::int64_t when = static_cast<std::int64_t>(line.epoch) * policy.epoch_seconds;
  Json json = Json::object({{"epoch", line.epoch}, {"at", to_rfc3339({when * 1000})}});
  if (line.index) {
    json.set("event", reputation::event_kind_name(line.event.kind)).set("leaf", *line.index);
    if (line.event.kind == reputation::EventKind::pass) {
      json.set("weight_sixteenths", line.event.sixteenths);
    } else if (line.event.severity_ppm > 0) {
      json.set("severity_ppm", line.event.severity_ppm);
    }
  } else {
    json.set("event", "time").set("hours", line.hours);
  }
  return json.set("points_ppm", line.points_ppm).set("trust_ppm", line.trust_ppm);
}

Json what_if_json(const reputation::WhatIf& it) {
  return Json::object({{"pass", it.pass},
                       {"soft", it.soft},
                       {"proven", it.proven},
                       {"day_idle", it.day_idle},
                       {"outage", it.outage}});
}

}  // namespace

Result<Json> explain_document(const Reading& context, const std::string& id) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  Result<FoundProvider> found = find_provider(context, at.value(), id);
  if (!found.ok()) return found.error();
  const reputation::ProviderScore& score = found.value().score;
  Json json =
      Json::object({{"provider", found.value().id.hex()}, {"score", score_json(context, score)}});
  if (!score.headline) return json.set("lines", Json::array()).set("sum_ppm", 0);

  const std::string& name = score.classes[*score.headline].name;
  const reputation::Factors factors{.uptime = score.uptime,
                                    .performance = score.classes[*score.headline].performance,
                                    .stake = score.stake,
                                    .age_days = score.age_days};
  Result<reputation::Explanation> told = reputation::explain(
      at.value().view(), found.value().id, name, factors, score.epoch, context.policy(), kLinesMax);
  if (!told.ok()) return told.error();
  Result<reputation::UptimeHistory> history =
      reputation::parse_uptime_bytes(found.value().state.uptime);
  if (!history.ok()) return history.error();
  const std::uint64_t window =
      static_cast<std::uint64_t>(at.value().now.ms / 1000) / context.policy().uptime_window_seconds;

  Json lines = Json::array();
  for (const ScoreLine& line : told.value().lines) lines.push(line_json(line, context.policy()));
  return json.set("class", name)
      .set("earlier_events", told.value().earlier)
      .set("earlier_points_ppm", told.value().earlier_ppm)
      .set("lines", std::move(lines))
      .set("sum_ppm", told.value().trust_ppm)
      .set("what_if", what_if_json(reputation::what_if(told.value().record, factors,
                                                       context.policy().severity_wrong_ppm,
                                                       history.value(), window)));
}

}  // namespace assay::verifier
