// What a read replica answers.
#include "core/wire/dsse.h"
#include "core/wire/events.h"
#include "core/wire/stake.h"
#include "verifier/service/case_files.h"
#include "verifier/service/disputes.h"
#include "verifier/service/documents.h"
#include "verifier/service/health_text.h"
#include "verifier/service/market_search.h"
#include "verifier/service/replica.h"
#include "verifier/service/workers.h"

namespace assay::verifier {

using wire::Json;

namespace {

constexpr std::size_t kScoresMax = 10'000;

Result<Digest> blob_of(const Json& document, const char* key) {
  const Json* text = document.find(key);
  if (text == nullptr) return fail(Code::internal, std::string("a document without ") + key);
  return Digest::parse_hex(text->as_string());
}

}  // namespace

Error Replica::not_here() const {
  return fail(Code::permission,
              "this is a read replica, which takes nothing in: send it to " + options_.primary_url);
}

Result<api::Accepted> Replica::submit(wire::Kind, const std::string&) {
  return not_here();
}
Result<std::vector<Result<api::Accepted>>> Replica::submit_attestations(
    std::span<const std::string>) {
  return not_here();
}
Result<std::string> Replica::poll(const std::string&) {
  return not_here();
}
Status Replica::put_blob(const Digest&, ByteView) {
  return not_here();
}
Result<Bytes> Replica::get_blob(const Digest& sha256) {
  return blobs_.get(sha256);
}

Result<Json> Replica::ask_opening(const std::string&, const std::string&) {
  return not_here();
}
Status Replica::give_opening(const Digest&, ByteView) {
  return not_here();
}

Result<Json> Replica::providers(const api::Page& page) {
  return providers_document(reading_, page);
}
Result<api::Found> Replica::search(const api::Search& search) {
  const Result<std::shared_ptr<const Market>> market = index_.market();
  if (!market.ok()) return market.error();
  return search_market(*market.value(), reading_, index_.cursor_key(), search);
}
Result<Json> Replica::match(const std::string&) {
  return fail(Code::permission,
              "this is a read replica: it has no VRF key to draw with and does not know who is "
              "there; ask " +
                  options_.primary_url);
}
Result<Json> Replica::provider(const std::string& id) {
  return provider_document(reading_, id);
}
Result<Json> Replica::explain(const std::string& id) {
  return explain_document(reading_, id);
}
Result<Json> Replica::job(const std::string& id) {
  return job_document(reading_, id);
}
Result<Json> Replica::preview(const std::string& job, std::uint64_t) {
  Result<Json> document = job_document(reading_, job);
  if (!document.ok()) return document.error();
  return fail(Code::not_found,
              "previews are shown by the verifier itself: ask " + options_.primary_url);
}
Result<Json> Replica::slashes(const api::Page& page) {
  return slashes_document(reading_, page);
}
Result<Json> Replica::dispute(const std::string& id) {
  return dispute_document(reading_, id);
}
Result<Json> Replica::slash(const std::string& id) {
  return slash_document(reading_, id);
}
Result<Json> Replica::challenge(const std::string& id) {
  return challenge_document(reading_, id);
}
Result<std::string> Replica::worker_call(const std::string&) {
  return not_here();
}
Status Replica::worker_result(const std::string&) {
  return not_here();
}
Result<std::string> Replica::kept_worker_result(const std::string& digest) {
  return ports_.primary.kept_worker_result(digest);
}
Result<Json> Replica::workers() {
  return workers_document(reading_);
}
Result<Json> Replica::overview() {
  return overview_document(reading_);
}
Result<Json> Replica::uptime(const std::string& id) {
  return uptime_document(reading_, id);
}
Result<Json> Replica::provider_part(const std::string& id, api::ProviderPart part) {
  return provider_part_document(reading_, id, part);
}
Result<Json> Replica::events(std::uint64_t after, std::uint32_t limit) {
  return events_document(reading_, after, limit);
}

// Signed by this log's verifier, and about that provider?
Status Replica::check_score(const std::string& envelope, const std::string& id, bool final) const {
  Result<wire::Envelope> parsed = wire::parse_envelope(envelope);
  if (!parsed.ok()) return parsed.error();
  Result<wire::OpenedEnvelope> opened = wire::open_envelope(parsed.value(), roles_.verifier);
  if (!opened.ok()) return opened.error();
  Result<wire::Score> score = wire::parse_score(opened.value().payload);
  if (!score.ok()) return score.error();
  if (score.value().origin != roles_.origin ||
      reputation::provider_id(score.value().provider).hex() != id) {
    return fail(Code::unbound, "it is about another provider or of another log");
  }
  if (score.value().final != final) {
    return fail(Code::unbound, "a preview and a final score are not the same");
  }
  return {};
}

Result<std::string> Replica::score(const std::string& id) {
  Result<Json> known = provider_document(reading_, id);
  if (!known.ok()) return known.error();
  return passed_on(id, id, ports_.primary.score(id), false);
}

Result<std::string> Replica::final_score(const std::string& id, const std::string& class_name) {
  Result<Json> known = provider_document(reading_, id);
  if (!known.ok()) return known.error();
  Result<std::string> fetched = ports_.primary.final_score(id, class_name);
  if (!fetched.ok() && fetched.error().code == Code::not_found) return fetched;
  return passed_on(id, id + " " + class_name, fetched, true);
}

Result<std::string> Replica::passed_on(const std::string& id, const std::string& name,
                                       const Result<std::string>& fetched, bool final) {
  Status good = fetched.ok() ? check_score(fetched.value(), id, final) : Status(fetched.error());
  const std::scoped_lock lock(mutex_);
  if (good.ok()) {
    if (scores_.size() >= kScoresMax) scores_.clear();
    scores_[name] = fetched.value();
    return fetched;
  }
  const auto kept = scores_.find(name);
  if (kept != scores_.end()) return kept->second;
  return fail(Code::inconclusive, "score statements are signed by the verifier alone, and " +
                                      options_.primary_url + " does not give one now (" +
                                      good.error().what +
                                      "); the same numbers, unsigned, are in /v1/providers/" + id);
}

Result<std::string> Replica::settlement(const std::string& job) {
  Result<Json> known = job_document(reading_, job);
  if (!known.ok()) return known.error();
  Result<std::string> fetched = ports_.primary.settlement(job);
  if (!fetched.ok()) return fetched.error();
  Result<wire::Envelope> parsed = wire::parse_envelope(fetched.value());
  if (!parsed.ok()) return parsed.error();
  Result<wire::OpenedEnvelope> opened = wire::open_envelope(parsed.value(), roles_.verifier);
  if (!opened.ok()) return opened.error();
  Result<wire::Settlement> said = wire::parse_settlement(opened.value().payload);
  if (!said.ok()) return said.error();
  if (said.value().origin != roles_.origin || said.value().job.hex() != job) {
    return fail(Code::unbound, "the primary's settlement is of another job or log");
  }
  return fetched;
}

Result<std::string> Replica::receipt(const std::string& job) {
  Result<Digest> id = parse_id(job, "job");
  if (!id.ok()) return id.error();
  Result<wire::CaseFile> file = receipt_file(reading_, id.value());
  if (!file.ok()) return file.error();
  return wire::case_file_text(file.value());
}

Result<std::string> Replica::evidence(const std::string& slash) {
  Result<Json> document = slash_document(reading_, slash);
  if (!document.ok()) return document.error();
  Result<Digest> blob = blob_of(document.value(), "evidence_blob");
  if (!blob.ok()) return blob.error();
  if (blob.value() == Digest{}) {
    return fail(Code::not_found,
                "this slash has no evidence file: the heartbeat in its record proves the delivery");
  }
  Result<Bytes> bytes = blobs_.get(blob.value());
  if (!bytes.ok()) return bytes.error();
  return std::string(as_text(bytes.value()));
}

Result<Bytes> Replica::result(const std::string& job) {
  Result<Json> document = job_document(reading_, job);
  if (!document.ok()) return document.error();
  const Json* attestation = document.value().find("attestation");
  if (attestation == nullptr) {
    return fail(Code::not_found, "the job is " + document.value().find("status")->as_string() +
                                     ": there is a result once it is attested");
  }
  Result<Digest> blob = blob_of(*attestation, "result_blob");
  if (!blob.ok()) return blob.error();
  return blobs_.get(blob.value());
}

Result<std::string> Replica::checkpoint() {
  Result<SignedHead> head = reading_.published();
  if (!head.ok()) return head.error();
  return std::move(head.value().note);
}

Result<Bytes> Replica::tile(const std::string& path) {
  Result<wire::TilePath> parsed = wire::parse_tile_path(path);
  if (!parsed.ok()) return parsed.error();
  Result<SignedHead> head = reading_.published();
  if (!head.ok()) return head.error();
  Result<std::unique_ptr<reputation::ReadTxn>> txn = reading_.read();
  if (!txn.ok()) return txn.error();
  return reputation::View(*txn.value()).log(head.value().checkpoint.size).tile(parsed.value());
}

Result<std::string> Replica::policy(const std::string& digest) {
  Result<Digest> id = parse_id(digest, "policy");
  if (!id.ok()) return id.error();
  Result<std::unique_ptr<reputation::ReadTxn>> txn = reading_.read();
  if (!txn.ok()) return txn.error();
  Result<std::optional<std::string>> text = reputation::View(*txn.value()).policy_text(id.value());
  if (!text.ok()) return text.error();
  if (!text.value()) return fail(Code::not_found, "no policy " + digest);
  return std::move(*text.value());
}

Result<std::string> Replica::trust() {
  return wire::trust_text(trust_);
}

Json Replica::readiness() {
  const Standing at = standing();
  Json checks = Json::array();
  const std::uint64_t size = at.head ? at.head->checkpoint.size : 0;
  checks.push(check("head", at.head.has_value(),
                    "follows " + options_.primary_url + " at size " + std::to_string(size)));
  checks.push(check("fork", !at.forked,
                    at.forked ? "forked: " + at.trouble : "every head continues the one before"));
  checks.push(
      check("following", !at.ended, at.trouble.empty() ? "the last look was good" : at.trouble));
  checks.push(check("store", !at.failed, at.failed ? at.failed->what : "takes writes"));
  const std::uint64_t behind = at.primary_size - std::min(at.primary_size, size);
  const std::int64_t since_ms = at.good_at ? ports_.clock.steady_now() - *at.good_at : -1;
  Json json = Json::object({{"ready", at.head.has_value() && !at.ended && !at.failed},
                            {"replica_of", options_.primary_url},
                            {"size", size},
                            {"forked", at.forked},
                            {"lag_leaves", behind}});
  if (at.head) json.set("root", at.head->checkpoint.root.hex());
  if (since_ms >= 0) json.set("lag_seconds", since_ms / 1000);
  json.set("checks", std::move(checks));
  return json;
}

std::string Replica::metrics() {
  const Standing at = standing();
  std::string text;
  ledger_gauges(text, reading_);
  const std::uint64_t size = at.head ? at.head->checkpoint.size : 0;
  gauge(text, "assay_log_signed_size", "Size of the newest checkpoint that is served.", size);
  gauge(text, "assay_replica_lag_leaves", "Leaves of the primary's head that are not here yet.",
        at.primary_size - std::min(at.primary_size, size));
  const std::int64_t since_ms = at.good_at ? ports_.clock.steady_now() - *at.good_at : 0;
  gauge(text, "assay_replica_lag_seconds", "Since all that the primary had was here.",
        static_cast<std::uint64_t>(since_ms / 1000));
  gauge(text, "assay_replica_forked", "1 once the primary has shown two logs.", at.forked ? 1 : 0);
  gauge(text, "assay_replica_following", "0 once nothing more can be followed.", at.ended ? 0 : 1);
  return text;
}

}  // namespace assay::verifier
