// Documents about providers: who they are and what they score.
#include "core/wire/dsse.h"
#include "reputation/ledger/score_words.h"
#include "verifier/service/documents.h"
#include "verifier/service/jail_words.h"
#include "verifier/service/snapshot.h"
#include "verifier/service/standing_json.h"

namespace assay::verifier {

using reputation::ClassScore;
using reputation::ProviderScore;
using reputation::ProviderState;
using wire::Json;

namespace {

Json maintenance_json(const ProviderState& state, UnixMillis now) {
  Json announced = Json::array();
  for (const reputation::Maintenance& it : state.maintenance) {
    if (it.to <= now) continue;
    announced.push(Json::object({{"from", to_rfc3339(it.from)}, {"to", to_rfc3339(it.to)}}));
  }
  return announced;
}

Json provider_json(const Reading& context, const Digest& id, const ProviderState& state,
                   const ProviderScore& score) {
  Json classes = Json::array();
  for (const ClassScore& row : score.classes) classes.push(reputation::class_json(row));
  return Json::object({{"id", id.hex()},
                       {"key", state.key.hex()},
                       {"name", state.name},
                       {"region", state.region},
                       {"device_class", state.device_class},
                       {"since", to_rfc3339(state.since)},
                       {"score", reputation::score_json(score, context.policy())},
                       {"classes", std::move(classes)},
                       {"jobs", Json::object({{"accepted", state.accepted_jobs},
                                              {"attested", state.attested_jobs},
                                              {"timeouts", state.timeouts}})},
                       {"slashes_standing", state.slashes_standing}});
}

Json stake_json(const reputation::StakeState& stake, const wire::Policy& policy, UnixMillis now) {
  Json unbonding = Json::array();
  for (const reputation::Unbonding& part : stake.unbonding) {
    if (part.released <= now) continue;
    unbonding.push(Json::object({{"amount_micros", std::to_string(part.amount_micros)},
                                 {"released", to_rfc3339(part.released)}}));
  }
  return Json::object({{"own_micros", std::to_string(stake.own_micros)},
                       {"delegated_micros", std::to_string(stake.delegated_micros)},
                       {"locked_micros", std::to_string(stake.locked_micros)},
                       {"slashed_micros", std::to_string(stake.slashed_micros)},
                       {"required_micros", std::to_string(policy.stake_required_micros)},
                       {"unbonding", std::move(unbonding)}});
}

}  // namespace

Json claims_json(const ProviderState& state) {
  Json claims = Json::array();
  for (const reputation::ClaimState& it : state.claims) {
    claims.push(Json::object({{"class", it.class_name},
                              {"part", wire::part_name(it.part)},
                              {"unit", wire::part_unit(it.part)},
                              {"rate", std::to_string(it.rate)}}));
  }
  return claims;
}

Result<Json> provider_document(const Reading& context, const std::string& id) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  Result<FoundProvider> found = find_provider(context, at.value(), id);
  if (!found.ok()) return found.error();
  Json json = provider_json(context, found.value().id, found.value().state, found.value().score);
  Json classes = Json::array();
  for (const ClassScore& row : found.value().score.classes) {
    classes.push(reputation::class_json(row).set("standing", standing_json(row)));
  }
  json.set("classes", std::move(classes));
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
  Result<reputation::StakeState> stake = at.value().view().stake(found.value().id);
  if (!stake.ok()) return stake.error();
  json.set("stake", stake_json(stake.value(), context.policy(), at.value().now));
  const ProviderState& state = found.value().state;
  json.set("claims", claims_json(state));
  json.set("maintenance", maintenance_json(state, at.value().now));
  Result<std::optional<reputation::Jail>> jail =
      at.value().view().jail(found.value().id, state, at.value().now, context.policy());
  if (!jail.ok()) return jail.error();
  if (jail.value()) json.set("jail", jail_json(*jail.value(), context.policy()));
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
            at.value().view().score(id, state, at.value().now, context.policy());
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

Result<std::string> score_envelope(const Context& context, const std::string& id) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  Result<FoundProvider> found = find_provider(context, at.value(), id);
  if (!found.ok()) return found.error();
  wire::Score score = reputation::preview_of(found.value().score, context.policy());
  score.origin = context.origin();
  score.tree_size = at.value().head.size;
  score.root = at.value().head.root;
  score.policy = context.policy_digest();
  return wire::seal(context.keys.verifier, wire::statement_text(wire::score_statement(score)));
}

}  // namespace assay::verifier
