// Documents that pages are drawn from: all of the service in a few numbers, and one provider's
// uptime by windows and days.
#include <deque>

#include "reputation/policy/tiers.h"
#include "reputation/policy/uptime_days.h"
#include "verifier/service/documents.h"
#include "verifier/service/snapshot.h"

namespace assay::verifier {

using reputation::UptimeHistory;
using reputation::UptimeScore;
using reputation::UptimeWindow;
using wire::Json;

namespace {

constexpr std::size_t kRecentSlashes = 5;

Json policy_json(const Reading& context) {
  const wire::Policy& policy = context.policy();
  return Json::object({{"digest", context.policy_digest().hex()},
                       {"name", policy.name},
                       {"currency", policy.currency},
                       {"epoch_seconds", policy.epoch_seconds}});
}

Json tiers_json() {
  Json tiers = Json::array();
  for (std::size_t i = 0; i < reputation::kTiers; ++i) {
    const auto tier = static_cast<reputation::Tier>(i);
    const reputation::TierRule& rule = reputation::tier_rule(tier);
    tiers.push(Json::object({{"tier", std::string(reputation::tier_name(tier))},
                             {"trust_ppm", rule.trust_min_ppm},
                             {"audits", rule.audits_min},
                             {"age_days", rule.age_days_min},
                             {"uptime_ppm", rule.uptime_min_ppm}}));
  }
  return tiers;
}

struct Slashes {
  std::uint64_t reversed = 0;
  std::deque<std::pair<std::uint64_t, reputation::SlashState>> recent;  // oldest first
};

Result<Slashes> read_slashes(const reputation::View& view) {
  Slashes found;
  const Status scanned =
      view.each_slash(0, [&](std::uint64_t index, const reputation::SlashState& row) {
        found.reversed += row.reversal_index != 0 ? 1 : 0;
        found.recent.emplace_back(index, row);
        if (found.recent.size() > kRecentSlashes) found.recent.pop_front();
        return true;
      });
  if (!scanned.ok()) return scanned.error();
  return found;
}

// The newest first, each with what its provider calls itself.
Result<Json> recent_json(const Snapshot& at, const Slashes& slashes) {
  Json rows = Json::array();
  for (auto it = slashes.recent.rbegin(); it != slashes.recent.rend(); ++it) {
    const Result<std::optional<reputation::ProviderState>> provider =
        at.view().provider(reputation::provider_id(it->second.provider));
    if (!provider.ok()) return provider.error();
    rows.push(slash_json(it->first, it->second, at.now)
                  .set("name", provider.value() ? provider.value()->name : std::string()));
  }
  return rows;
}

}  // namespace

Result<Json> overview_document(const Reading& context) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  const reputation::Head& head = at.value().head;
  const Result<Slashes> slashes = read_slashes(at.value().view());
  if (!slashes.ok()) return slashes.error();
  Result<Json> recent = recent_json(at.value(), slashes.value());
  if (!recent.ok()) return recent.error();
  Json log = Json::object({{"origin", context.origin()}, {"size", head.size}});
  if (head.size > 0) log.set("last_leaf", to_rfc3339(head.last_time));
  const Result<SignedHead> published = context.published();
  if (published.ok()) log.set("published_size", published.value().checkpoint.size);
  return Json::object({{"log", std::move(log)},
                       {"policy", policy_json(context)},
                       {"providers", head.providers},
                       {"jobs", head.jobs},
                       {"attestations", head.attestations},
                       {"audits", head.verdicts},
                       {"draws", head.draws},
                       {"slashes", head.slashes},
                       {"slashes_reversed", slashes.value().reversed},
                       {"recent_slashes", std::move(recent).value()},
                       {"tiers", tiers_json()},
                       {"at", to_rfc3339(at.value().now)}});
}

Result<Json> uptime_document(const Reading& context, const std::string& id) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  const Result<FoundProvider> found = find_provider(context, at.value(), id);
  if (!found.ok()) return found.error();
  const Result<UptimeHistory> history = reputation::parse_uptime_bytes(found.value().state.uptime);
  if (!history.ok()) return history.error();
  const Result<reputation::UptimeDays> left =
      reputation::parse_uptime_days_bytes(found.value().state.uptime_days);
  if (!left.ok()) return left.error();
  const std::uint64_t current = reputation::window_of(at.value().now, context.policy());
  const UptimeScore score = reputation::measure_uptime(history.value(), current);
  Json windows = Json::array();
  for (const UptimeWindow& it : history.value().windows) {
    Json row = Json::array();
    row.push(it.index);
    row.push(it.answered);
    row.push(it.asked);
    windows.push(std::move(row));
  }
  Json days = Json::array();
  for (const auto& it : reputation::uptime_strip(history.value(), left.value(), current)) {
    Json row = Json::array();
    row.push(it.day).push(it.answered).push(it.asked).push(reputation::observed_windows(it));
    days.push(std::move(row));
  }
  return Json::object({{"provider", found.value().id.hex()},
                       {"window_seconds", context.policy().uptime_window_seconds},
                       {"current_window", current},
                       {"span_windows", reputation::kMonthWindows},
                       {"windows", std::move(windows)},
                       {"day_windows", reputation::kDayWindows},
                       {"span_days", reputation::kStripDays},
                       {"days", std::move(days)},
                       {"observed", score.observed},
                       {"incidents", score.incidents},
                       {"month_ppm", reputation::ppm_from_q30(score.month)},
                       {"week_ppm", reputation::ppm_from_q30(score.week)},
                       {"day_ppm", reputation::ppm_from_q30(score.day)},
                       {"uptime_ppm", reputation::ppm_from_q30(score.uptime)}});
}

}  // namespace assay::verifier
