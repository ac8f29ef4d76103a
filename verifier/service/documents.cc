#include "verifier/service/documents.h"

#include <algorithm>

#include "verifier/service/jobs.h"
#include "verifier/service/previews.h"
#include "verifier/service/snapshot.h"

namespace assay::verifier {

using wire::Json;

namespace {

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
  if (row.reason != wire::Reason::first) {
    json.set("reason", std::string(wire::reason_name(row.reason)));
    json.set("cause_index", row.cause_index);
  }
  if (row.draw_index != 0) json.set("draw_index", row.draw_index);
  if (row.verdict_index != 0) {
    json.set("outcome", std::string(wire::outcome_name(row.outcome)));
    json.set("verdict_index", row.verdict_index);
  }
  if (row.slash_index != 0) json.set("slash_index", row.slash_index);
  return json;
}

}  // namespace

Result<Json> job_document(const Reading& context, const std::string& text) {
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

Json waiting_json(const Waiting& waiting) {
  const auto [price, open, stake] = waiting.exposed;
  const std::uint32_t exposed = price + open + stake;
  std::string reason = "no provider of its device class is free";
  if (waiting.free > 0 && waiting.unwanted == waiting.free) {
    reason = "the provider that the renter named is not free";
  } else if (exposed > 0) {
    reason =
        "at this price it is more than the free providers' tiers, or their stake, may leave "
        "unsettled: wait, lower the price, or split the job";
  } else if (waiting.barred > 0) {
    reason =
        "the free providers' class is revoked, or they announced maintenance for the time it needs";
  } else if (waiting.gave_up > 0) {
    reason = "the free providers let its deadline pass before";
  } else if (waiting.free > 0) {
    reason = "it is about to be offered";
  }
  return Json::object({{"reason", reason},
                       {"free", waiting.free},
                       {"gave_up", waiting.gave_up},
                       {"barred", waiting.barred},
                       {"over_job_price", price},
                       {"over_open_jobs", open},
                       {"over_stake", stake}});
}

Result<Json> preview_document(const Reading& context, const Jobs& jobs, const Previews& previews,
                              const std::string& text, std::uint64_t after) {
  Result<Digest> id = parse_id(text, "job");
  if (!id.ok()) return id.error();
  const std::optional<Digest> provider = jobs.worker(id.value());
  std::optional<Preview> preview;
  if (provider) preview = previews.of(id.value(), *provider, after);
  if (!preview) {
    Result<Json> job = job_document(context, text);
    if (!job.ok()) return job.error();
    return fail(Code::not_found, "nothing is shown of job " + text + ", which is " +
                                     job.value().find("status")->as_string() +
                                     ": previews are of jobs that run and yield their result " +
                                     "piece by piece, and only where the provider sends them");
  }
  Json outputs = Json::array();
  for (const Bytes& output : preview->outputs) outputs.push(to_base64(output));
  return Json::object({{"job", text},
                       {"provider", provider->hex()},
                       {"begun", preview->begun},
                       {"step", preview->step},
                       {"steps_done", preview->steps_done},
                       {"outputs", std::move(outputs)}});
}

Result<Json> events_document(const Reading& context, std::uint64_t after, std::uint32_t limit) {
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

}  // namespace assay::verifier
