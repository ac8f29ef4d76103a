#include "verifier/service/standing_json.h"

namespace assay::verifier {

using wire::Json;

namespace {

std::string thousandths_text(std::uint64_t milli) {
  const std::string rest = std::to_string(milli % 1000);
  return std::to_string(milli / 1000) + "." + std::string(3 - rest.size(), '0') + rest;
}

Json hardware_json(const reputation::HardwareClass* card) {
  const std::uint64_t dollars = card == nullptr ? 0 : card->dollars;
  Json json;
  if (card != nullptr) json.set("card", card->name);
  return json.set("tier", reputation::tier_name(reputation::hardware_tier(dollars)))
      .set("multiplier_percent", reputation::hardware_multiplier_percent(dollars));
}

}  // namespace

Json standing_json(const reputation::ClassScore& row) {
  Json milestones = Json::array();
  for (const reputation::Milestone& it : reputation::milestones()) {
    milestones.push(Json::object(
        {{"name", it.name}, {"points", it.points}, {"reached", it.reached(row.standing)}}));
  }
  return Json::object({{"milestones", std::move(milestones)},
                       {"points", reputation::milestone_points(row.standing)},
                       {"reward_points", thousandths_text(row.reward_milli)},
                       {"verified_seconds", std::to_string(row.standing.gpu_seconds)},
                       {"reports_confirmed", row.standing.reports_confirmed},
                       {"hardware", hardware_json(row.shown)}});
}

}  // namespace assay::verifier
