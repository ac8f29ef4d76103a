#include "verifier/service/documents.h"

#include <algorithm>
#include <map>

#include "core/wire/dsse.h"
#include "verifier/service/intake.h"

namespace assay::verifier {

using reputation::ClassScore;
using reputation::ProviderScore;
using reputation::ProviderState;
using reputation::View;
using wire::Json;

namespace {

struct Snapshot {
  std::unique_ptr<reputation::ReadTxn> txn;
  reputation::Head head;
  UnixMillis now;

  View view() const { return View(*txn); }
};

Result<Snapshot> snapshot(const Context& context) {
  Result<std::unique_ptr<reputation::ReadTxn>> txn = context.read();
  if (!txn.ok()) return txn.error();
  Result<reputation::Head> head = View(*txn.value()).head();
  if (!head.ok()) return head.error();
  return Snapshot{std::move(txn).value(), head.value(), context.clock.unix_now()};
}

struct Found {
  Digest id;
  ProviderState state;
  ProviderScore score;
};

Result<Found> find_provider(const Context& context, const Snapshot& at, const std::string& text) {
  Result<Digest> id = parse_id(text, "provider");
  if (!id.ok()) return id.error();
  Result<std::optional<ProviderState>> state = at.view().provider(id.value());
  if (!state.ok()) return state.error();
  if (!state.value()) return fail(Code::not_found, "no provider " + text + " is registered here");
  Result<ProviderScore> score = at.view().score(id.value(), *state.value(), at.now, context.policy);
  if (!score.ok()) return score.error();
  return Found{id.value(), std::move(*state.value()), std::move(score).value()};
}

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

Json score_json(const Context& context, const ProviderScore& score) {
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

Json provider_json(const Context& context, const Digest& id, const ProviderState& state,
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

const char* audit_name(reputation::AuditStatus status) {
  switch (status) {
    case reputation::AuditStatus::undrawn: return "undrawn";
    case reputation::AuditStatus::passed_over: return "passed_over";
    case reputation::AuditStatus::due: return "due";
    case reputation::AuditStatus::done: return "done";
  }
  return "undrawn";
}

Json attestation_json(std::uint64_t index, const reputation::AttestationState& row) {
  Json json = Json::object({{"index", index},
                            {"statement", row.statement.hex()},
                            {"provider", reputation::provider_id(row.provider).hex()},
                            {"seq", row.seq},
                            {"steps", row.steps},
                            {"trace_root", row.root.hex()},
                            {"result", row.result.hex()},
                            {"result_blob", row.result_blob.hex()},
                            {"logged", to_rfc3339(row.logged)},
                            {"audit", audit_name(row.audit)},
                            {"audit_ppm", row.p_ppm}});
  if (row.draw_index != 0) json.set("draw_index", row.draw_index);
  if (row.verdict_index != 0) {
    json.set("outcome", std::string(wire::outcome_name(row.outcome)));
    json.set("verdict_index", row.verdict_index);
  }
  if (row.slash_index != 0) json.set("slash_index", row.slash_index);
  return json;
}

Json slash_json(std::uint64_t index, const reputation::SlashState& row, UnixMillis now) {
  const char* status = row.reversal_index != 0 ? "REVERSED"
                       : now <= row.finality   ? "PENDING"
                                               : "UPHELD";
  Json json = Json::object({{"id", std::to_string(index)},
                            {"provider", reputation::provider_id(row.provider).hex()},
                            {"class", row.class_name},
                            {"fault", std::string(wire::fault_name(row.fault))},
                            {"attestation_index", row.attestation_index},
                            {"severity_ppm", row.severity_ppm},
                            {"status", status},
                            {"logged", to_rfc3339(row.logged)},
                            {"finality", to_rfc3339(row.finality)}});
  if (row.reversal_index != 0) json.set("reversal_index", row.reversal_index);
  return json;
}

Result<std::uint64_t> parse_index(const std::string& text, const char* what) {
  Result<std::uint64_t> index = wire::parse_u64(text);
  if (!index.ok()) {
    return fail(Code::malformed, std::string(what) + " ids are decimal log indices, not '" +
                                     text.substr(0, 32) + "'");
  }
  return index;
}

}  // namespace

Result<Digest> parse_id(const std::string& text, const char* what) {
  Result<Digest> id = Digest::parse_hex(text);
  if (!id.ok()) {
    return fail(Code::malformed, std::string(what) + " ids are 64 lower-case hex digits, not '" +
                                     text.substr(0, 80) + "'");
  }
  return id;
}

Result<Json> provider_document(const Context& context, const std::string& id) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  Result<Found> found = find_provider(context, at.value(), id);
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

Result<Json> providers_document(const Context& context, const api::Page& page) {
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

Result<Json> explain_document(const Context& context, const std::string& id) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  Result<Found> found = find_provider(context, at.value(), id);
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

Result<Json> job_document(const Context& context, const std::string& text) {
  Result<Digest> id = parse_id(text, "job");
  if (!id.ok()) return id.error();
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  Result<std::optional<reputation::JobState>> row = at.value().view().job(id.value());
  if (!row.ok()) return row.error();
  if (!row.value()) return fail(Code::not_found, "no job " + text);
  const reputation::JobState& job = *row.value();
  Json json = Json::object({{"id", text},
                            {"status", reputation::job_status_name(job.status)},
                            {"class", job.class_name},
                            {"assurance", wire::assurance_name(job.assurance)},
                            {"price_micros", wire::u64_text(job.price_micros)},
                            {"renter", key_id(job.renter)},
                            {"ordered", to_rfc3339(job.ordered)},
                            {"deadline_ms", job.deadline_ms},
                            {"order_index", job.order_index},
                            {"providers_gave_up", std::uint64_t{job.gave_up.size()}}});
  if (job.provider) {
    json.set("provider", reputation::provider_id(*job.provider).hex());
    json.set("acceptance_index", job.acceptance_index);
    json.set("accepted", to_rfc3339(job.accepted));
  }
  if (job.attestation_index) {
    Result<std::optional<reputation::AttestationState>> attestation =
        at.value().view().attestation(*job.attestation_index);
    if (!attestation.ok()) return attestation.error();
    if (attestation.value()) {
      json.set("attestation", attestation_json(*job.attestation_index, *attestation.value()));
    }
  }
  return json;
}

Result<Json> slash_document(const Context& context, const std::string& id) {
  Result<std::uint64_t> index = parse_index(id, "slash");
  if (!index.ok()) return index.error();
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  Result<std::optional<reputation::SlashState>> row = at.value().view().slash(index.value());
  if (!row.ok()) return row.error();
  if (!row.value()) return fail(Code::not_found, "leaf " + id + " is not a slash record");
  Json json = slash_json(index.value(), *row.value(), at.value().now);
  Result<wire::LogLeaf> leaf = at.value().view().log(at.value().head.size).leaf(index.value());
  if (!leaf.ok()) return leaf.error();
  Result<wire::Slash> said = wire::parse_slash(leaf.value().payload);
  if (!said.ok()) return said.error();
  json.set("job", said.value().job.hex());
  json.set("detail", said.value().detail);
  json.set("evidence_blob", said.value().evidence_blob.hex());
  Json indices = Json::array();
  for (const std::uint64_t i : said.value().evidence_indices) indices.push(i);
  json.set("evidence_indices", std::move(indices));
  return json;
}

Result<Json> slashes_document(const Context& context, const api::Page& page) {
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
  const Status scanned = at.value().view().each_slash(
      from, [&](std::uint64_t index, const reputation::SlashState& row) {
        rows.push(slash_json(index, row, at.value().now));
        if (rows.items().size() < page.limit) return true;
        next = std::to_string(index);
        return false;
      });
  if (!scanned.ok()) return scanned.error();
  return Json::object(
      {{"slashes", std::move(rows)}, {"total", at.value().head.slashes}, {"next", next}});
}

Result<Json> events_document(const Context& context, std::uint64_t after, std::uint32_t limit) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  const reputation::LogView log = at.value().view().log(at.value().head.size);
  Json rows = Json::array();
  const std::uint64_t end =
      std::min<std::uint64_t>(log.size(), after > log.size() ? log.size() : after + limit);
  for (std::uint64_t index = after; index < end; ++index) {
    Result<wire::LogLeaf> leaf = log.leaf(index);
    if (!leaf.ok()) return leaf.error();
    Result<wire::Statement> statement = wire::parse_statement(leaf.value().payload);
    if (!statement.ok()) return statement.error();
    rows.push(Json::object({{"index", index},
                            {"time", to_rfc3339(leaf.value().time)},
                            {"kind", std::string(wire::kind_name(statement.value().kind))},
                            {"signer", key_id(leaf.value().signer)},
                            {"statement", leaf.value().pae_digest.hex()},
                            {"subject", statement.value().subject.hex()}}));
  }
  return Json::object({{"events", std::move(rows)}, {"next", end}, {"size", log.size()}});
}

Result<std::string> score_envelope(const Context& context, const std::string& id) {
  Result<Snapshot> at = snapshot(context);
  if (!at.ok()) return at.error();
  Result<Found> found = find_provider(context, at.value(), id);
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
