// What anybody may know of workers and of paid challenges.
#include <map>

#include "reputation/policy/slashing.h"
#include "reputation/policy/worker_check.h"
#include "verifier/service/documents.h"
#include "verifier/service/snapshot.h"
#include "verifier/service/workers.h"

namespace assay::verifier {

using reputation::ReplayCounts;
using reputation::WorkerState;
using wire::Json;

namespace {

ReplayCounts counts_of(const WorkerState& row) {
  return {row.matches + row.mismatches, row.mismatches};
}

void add(ReplayCounts& to, const ReplayCounts& more) {
  to.judged += more.judged;
  to.mismatches += more.mismatches;
}

void set_counts(Json& json, const ReplayCounts& one, const ReplayCounts& all) {
  const ReplayCounts others{all.judged - one.judged, all.mismatches - one.mismatches};
  json.set("judged", one.judged)
      .set("mismatches", one.mismatches)
      .set("mismatch_ppm", one.judged == 0 ? 0 : one.mismatches * 1'000'000 / one.judged)
      .set("is_off", reputation::is_off(one, others));
}

Json named_counts(const std::map<std::string, ReplayCounts>& counts, const ReplayCounts& all) {
  Json list = Json::array();
  for (const auto& [name, one] : counts) {
    Json json = Json::object({{"name", name}});
    set_counts(json, one, all);
    list.push(std::move(json));
  }
  return list;
}

Json worker_json(const WorkerState& row, const ReplayCounts& all) {
  Json json = Json::object({{"id", key_id(row.key)},
                            {"key", row.key.hex()},
                            {"name", row.name},
                            {"device", row.device},
                            {"driver", row.driver},
                            {"state", row.enabled ? "enabled" : "suspended"},
                            {"cause", row.cause},
                            {"changed_index", row.changed_index}});
  set_counts(json, counts_of(row), all);
  json.set("inconclusive", row.inconclusive).set("voided", row.voided);
  return json;
}

// Where the money of a challenge is.
const char* deposit_of(const reputation::ChallengeState& row) {
  if (row.dropped) return "returned";
  if (row.verdict_index == 0) return "held";
  return row.outcome == wire::Outcome::match ? "forfeited" : "returned";
}

const char* challenge_status(const reputation::ChallengeState& row,
                             const reputation::AttestationState& about, std::uint64_t index) {
  if (row.dropped) return "dropped";
  if (row.verdict_index != 0) return wire::outcome_name(row.outcome).data();
  return about.waiting_index == index ? "waiting" : "audited";
}

}  // namespace

Result<Json> workers_document(const Reading& context) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  std::vector<WorkerState> rows;
  ReplayCounts all;
  std::map<std::string, ReplayCounts> devices;
  std::map<std::string, ReplayCounts> drivers;
  const Status scanned = at.value().view().each_worker([&](const WorkerState& row) {
    add(all, counts_of(row));
    add(devices[row.device], counts_of(row));
    add(drivers[row.driver], counts_of(row));
    rows.push_back(row);
    return true;
  });
  if (!scanned.ok()) return scanned.error();
  Json list = Json::array();
  for (const WorkerState& row : rows) list.push(worker_json(row, all));
  return Json::object({{"workers", std::move(list)},
                       {"devices", named_counts(devices, all)},
                       {"drivers", named_counts(drivers, all)}});
}

Result<Json> challenge_document(const Reading& context, const std::string& id) {
  Result<std::uint64_t> index = wire::parse_u64(id);
  if (!index.ok()) return fail(Code::malformed, "a challenge's id is its log index");
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  Result<std::optional<reputation::ChallengeState>> row =
      at.value().view().challenge(index.value());
  if (!row.ok()) return row.error();
  if (!row.value()) return fail(Code::not_found, "leaf " + id + " is not a paid challenge");
  const reputation::ChallengeState& it = *row.value();
  Result<std::optional<reputation::AttestationState>> about =
      at.value().view().attestation(it.attestation_index);
  if (!about.ok()) return about.error();
  if (!about.value()) return fail(Code::storage, "a challenge without its attestation");
  std::uint64_t bounty = 0;
  const bool found = it.verdict_index != 0 && it.outcome != wire::Outcome::match;
  const std::uint64_t slash_index = found ? about.value()->slash_index : 0;
  if (slash_index != 0) {
    Result<std::optional<reputation::SlashState>> slash = at.value().view().slash(slash_index);
    if (!slash.ok()) return slash.error();
    if (slash.value()) bounty = reputation::bounty_micros(slash.value()->amount_micros());
  }
  return Json::object({{"id", id},
                       {"attestation_index", it.attestation_index},
                       {"job", about.value()->job.hex()},
                       {"provider", reputation::provider_id(about.value()->provider).hex()},
                       {"challenger", it.challenger.hex()},
                       {"logged", to_rfc3339(it.logged)},
                       {"status", challenge_status(it, *about.value(), index.value())},
                       {"deposit_micros", wire::u64_text(it.deposit_micros)},
                       {"deposit", deposit_of(it)},
                       {"verdict_index", it.verdict_index},
                       {"slash_index", slash_index},
                       {"bounty_micros", wire::u64_text(bounty)}});
}

}  // namespace assay::verifier
