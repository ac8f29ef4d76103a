#include "reputation/ledger/score_words.h"

namespace assay::reputation {

using wire::Json;

namespace {

std::uint32_t ppm(Q30 value) {
  return ppm_from_q30(value);
}

}  // namespace

const char* performance_state(const ClassScore& row) {
  if (row.revoked) return "revoked";
  return row.unmeasured ? "unmeasured" : "measured";
}

Json class_json(const ClassScore& row) {
  return Json::object({{"class", row.name},
                       {"trust_ppm", ppm(row.trust)},
                       {"tier", std::string(tier_name(row.tier))},
                       {"integrity_ppm", ppm(integrity(row.record))},
                       {"slash_ppm", ppm(slash_factor(row.record))},
                       {"uncertainty_ppm", ppm(uncertainty(row.record))},
                       {"attested", row.attested},
                       {"audited", row.audited},
                       {"passed", row.passed},
                       {"proven", row.record.proven},
                       {"tombstoned", row.record.tombstoned},
                       {"performance_ppm", ppm(row.performance)},
                       {"performance_state", performance_state(row)},
                       {"measured_rate", std::to_string(row.measured_rate)}});
}

Json score_json(const ProviderScore& score, const wire::Policy& policy) {
  Json json = Json::object({{"trust_ppm", 0}, {"uptime_ppm", ppm(score.uptime)}});
  json.set("performance_ppm", policy.performance_ppm);
  json.set("performance_state", "unmeasured");
  json.set("stake_ppm", ppm(score.stake));
  json.set("stake_state", policy.stake_required_micros == 0 ? "not asked for" : "bonded");
  json.set("age_days", score.age_days);
  json.set("age_cap_ppm", age_cap_ppm(score.age_days));
  json.set("epoch", score.epoch);
  json.set("state", score.headline ? "preview" : "unaudited");
  if (score.headline) {
    const ClassScore& worst = score.classes[*score.headline];
    json.set("trust_ppm", ppm(worst.trust));
    json.set("class", worst.name);
    json.set("performance_ppm", ppm(worst.performance));
    json.set("performance_state", performance_state(worst));
    json.set("tier", std::string(tier_name(worst.tier)));
    json.set("integrity_ppm", ppm(integrity(worst.record)));
    json.set("slash_ppm", ppm(slash_factor(worst.record)));
    json.set("uncertainty_ppm", ppm(uncertainty(worst.record)));
    json.set("audited", worst.audited);
    json.set("tombstoned", worst.record.tombstoned);
  }
  return json;
}

wire::Score preview_of(const ProviderScore& from, const wire::Policy& policy) {
  wire::Score score;
  score.provider = from.provider;
  score.epoch = from.epoch;
  score.uptime_ppm = ppm(from.uptime);
  score.performance_ppm = policy.performance_ppm;
  score.stake_ppm = ppm(from.stake);
  if (from.headline) {
    const ClassScore& worst = from.classes[*from.headline];
    score.class_name = worst.name;
    score.trust_ppm = ppm(worst.trust);
    score.performance_ppm = ppm(worst.performance);
    score.slash_ppm = ppm(slash_factor(worst.record));
    score.integrity_ppm = ppm(integrity(worst.record));
    score.uncertainty_ppm = ppm(uncertainty(worst.record));
    score.audits = worst.audited;
    score.tombstoned = worst.record.tombstoned;
  } else {
    score.slash_ppm = ppm(slash_factor({}));
    score.uncertainty_ppm = ppm(uncertainty({}));
  }
  return score;
}

}  // namespace assay::reputation
