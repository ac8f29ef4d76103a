// More of one provider: what it was judged by, what its devices do, and its slashes.
#include <algorithm>

#include "reputation/ledger/score_words.h"
#include "verifier/service/documents.h"
#include "verifier/service/snapshot.h"

namespace assay::verifier {

using reputation::CountedEvent;
using wire::Json;

namespace {

constexpr std::size_t kAuditsShown = 1'000;  // the newest

Result<Json> audits_json(const Reading& context, const Snapshot& at, const FoundProvider& found) {
  Result<std::vector<CountedEvent>> events = at.view().history(found.id);
  if (!events.ok()) return events.error();
  std::vector<CountedEvent>& all = events.value();
  std::sort(all.begin(), all.end(),
            [](const CountedEvent& a, const CountedEvent& b) { return a.index > b.index; });
  Json rows = Json::array();
  for (std::size_t i = 0; i < std::min(all.size(), kAuditsShown); ++i) {
    const CountedEvent& it = all[i];
    const std::int64_t begins =
        static_cast<std::int64_t>(it.epoch) * context.policy().epoch_seconds;
    Json row = Json::object({{"leaf", it.index},
                             {"epoch", it.epoch},
                             {"at", to_rfc3339({begins * 1000})},
                             {"event", reputation::event_kind_name(it.event.kind)}});
    if (!it.class_name.empty()) row.set("class", it.class_name);
    if (it.event.severity_ppm > 0) row.set("severity_ppm", it.event.severity_ppm);
    rows.push(std::move(row));
  }
  return Json::object({{"provider", found.id.hex()},
                       {"total", std::uint64_t{all.size()}},
                       {"audits", std::move(rows)}});
}

Json devices_json(const FoundProvider& found) {
  Json classes = Json::array();
  for (const reputation::ClassScore& row : found.score.classes) {
    Json it = Json::object({{"class", row.name},
                            {"performance_ppm", reputation::ppm_from_q30(row.performance)},
                            {"performance_state", reputation::performance_state(row)},
                            {"measured_rate", std::to_string(row.measured_rate)}});
    if (row.shown != nullptr) it.set("shown_card", std::string(row.shown->name));
    classes.push(std::move(it));
  }
  return Json::object({{"provider", found.id.hex()},
                       {"device_class", found.state.device_class},
                       {"claims", claims_json(found.state)},
                       {"classes", std::move(classes)}});
}

Result<Json> slashes_json(const Snapshot& at, const FoundProvider& found) {
  Json slashes = Json::array();
  const Status scanned =
      at.view().each_slash(0, [&](std::uint64_t index, const reputation::SlashState& row) {
        if (row.provider == found.state.key) slashes.push(slash_json(index, row, at.now));
        return true;
      });
  if (!scanned.ok()) return scanned.error();
  return Json::object({{"provider", found.id.hex()}, {"slashes", std::move(slashes)}});
}

}  // namespace

Result<Json> provider_part_document(const Reading& context, const std::string& id,
                                    api::ProviderPart part) {
  if (part == api::ProviderPart::history) return history_document(context, id);
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  const Result<FoundProvider> found = find_provider(context, at.value(), id);
  if (!found.ok()) return found.error();
  switch (part) {
    case api::ProviderPart::audits: return audits_json(context, at.value(), found.value());
    case api::ProviderPart::devices: return devices_json(found.value());
    case api::ProviderPart::history:
    case api::ProviderPart::slashes: break;
  }
  return slashes_json(at.value(), found.value());
}

}  // namespace assay::verifier
