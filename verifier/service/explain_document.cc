// Why a provider's score is what it is, and what would become of it.
#include "reputation/ledger/explain.h"
#include "reputation/ledger/score_words.h"
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

reputation::Factors factors_of(const reputation::ProviderScore& score) {
  return {.uptime = score.uptime,
          .performance = score.classes[*score.headline].performance,
          .stake = score.stake,
          .age_days = score.age_days};
}

// How the headline of a provider that has one came about.
Result<reputation::Explanation> explained(const Reading& context, const Snapshot& at,
                                          const FoundProvider& found) {
  const reputation::ProviderScore& score = found.score;
  return reputation::explain(at.view(), found.id, score.classes[*score.headline].name,
                             factors_of(score), score.epoch, context.policy(), kLinesMax);
}

}  // namespace

Result<Json> history_document(const Reading& context, const std::string& id) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  Result<FoundProvider> found = find_provider(context, at.value(), id);
  if (!found.ok()) return found.error();
  const reputation::ProviderScore& score = found.value().score;
  Json points = Json::array();
  Json json = Json::object(
      {{"provider", found.value().id.hex()}, {"epoch_seconds", context.policy().epoch_seconds}});
  if (!score.headline) return json.set("earlier_events", 0).set("points", std::move(points));
  const Result<reputation::Explanation> told = explained(context, at.value(), found.value());
  if (!told.ok()) return told.error();
  const std::vector<ScoreLine>& lines = told.value().lines;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool ends = i + 1 == lines.size() || lines[i + 1].epoch != lines[i].epoch;
    if (!ends) continue;
    const std::int64_t begins =
        static_cast<std::int64_t>(lines[i].epoch) * context.policy().epoch_seconds;
    points.push(Json::object({{"epoch", lines[i].epoch},
                              {"at", to_rfc3339({begins * 1000})},
                              {"trust_ppm", lines[i].trust_ppm}}));
  }
  return json.set("class", score.classes[*score.headline].name)
      .set("earlier_events", told.value().earlier)
      .set("points", std::move(points));
}

Result<Json> explain_document(const Reading& context, const std::string& id) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  Result<FoundProvider> found = find_provider(context, at.value(), id);
  if (!found.ok()) return found.error();
  const reputation::ProviderScore& score = found.value().score;
  Json json = Json::object({{"provider", found.value().id.hex()},
                            {"score", reputation::score_json(score, context.policy())}});
  if (!score.headline) return json.set("lines", Json::array()).set("sum_ppm", 0);

  const std::string& name = score.classes[*score.headline].name;
  const Result<reputation::Explanation> told = explained(context, at.value(), found.value());
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
      .set("what_if", what_if_json(reputation::what_if(told.value().record, factors_of(score),
                                                       context.policy().severity_wrong_ppm,
                                                       history.value(), window)));
}

}  // namespace assay::verifier
