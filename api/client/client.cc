#include "api/client/client.h"

#include <algorithm>

#include "api/client/http_pool.h"
#include "api/client/problem.h"
#include "api/port/paths.h"
#include "core/wire/dsse.h"
#include "core/wire/lease.h"
#include "core/wire/policy.h"
#include "core/wire/poll.h"
#include "core/wire/receipt.h"
#include "core/wire/tile.h"
#include "core/wire/trust.h"

namespace assay::api {

using wire::Json;

namespace {

constexpr std::size_t kProblemBytesMax = std::size_t{64} << 10;
constexpr std::size_t kDocumentBytesMax = std::size_t{16} << 20;
constexpr std::size_t kEnvelopeBytesMax = std::size_t{128} << 10;
constexpr std::size_t kTileBytesMax = wire::kTileWidth * (wire::kEntryBytesMax + 2);
constexpr std::size_t kIdBytesMax = 128;
constexpr std::size_t kValuesMax = std::size_t{1} << 20;

// Ids go into paths and queries as they are.
Status check_id(const std::string& id) {
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-';
  };
  if (!id.empty() && id.size() <= kIdBytesMax && std::all_of(id.begin(), id.end(), plain))
    return {};
  return fail(Code::malformed, "'" + id.substr(0, kIdBytesMax) + "' is not an id");
}

// The path with what the statement is about for "{id}".
Result<std::string> path_for(wire::Kind kind, const std::string& envelope) {
  std::string path(submit_path(kind));
  if (path.empty()) {
    return fail(Code::permission, "statements of this kind are the verifier's own");
  }
  const std::size_t at = path.find("{id}");
  if (at == std::string::npos) return path;
  const Result<wire::Envelope> parsed = wire::parse_envelope(envelope);
  if (!parsed.ok()) return parsed.error();
  const Result<wire::Statement> statement =
      wire::parse_statement(as_text(parsed.value().payload), kind);
  if (!statement.ok()) return statement.error();
  const std::string id = statement_id(statement.value());
  if (const Status plain = check_id(id); !plain.ok()) return plain.error();
  return path.replace(at, 4, id);
}

Error nonsense(const char* what, const Error& error) {
  return fail(Code::network,
              std::string(what) + ": the verifier's answer makes no sense: " + error.what);
}

Result<Accepted> parse_accepted(const Json& json) {
  wire::Fields in(json, "answer");
  Accepted out;
  out.statement = in.fixed<Digest>("statement");
  const std::optional<std::uint64_t> index = in.value("log_index").as_u64();
  if (!index) in.note("log_index", "is not a number");
  out.log_index = index.value_or(0);
  out.log_time_ms = in.millis("log_time_ms");
  out.already_known = in.boolean("already_known");
  if (const Status whole = in.finish_open(); !whole.ok()) return whole.error();
  return out;
}

// What a batch of so many was answered with: {results: [{status, …}]}, each as it would be alone.
Result<std::vector<Result<Accepted>>> parse_results(const Json& json, std::size_t envelopes) {
  wire::Fields in(json, "answer");
  const Json::Array& results = in.array("results", kBatchMax);
  if (in.ok() && results.size() != envelopes) in.note("results", "not one for each envelope");
  if (const Status whole = in.finish_open(); !whole.ok()) return whole.error();
  std::vector<Result<Accepted>> answers;
  for (const Json& each : results) {
    wire::Fields one(each, "answer: results");
    const std::uint32_t status = one.u32("status", 100, 599);
    if (const Status whole = one.finish_open(); !whole.ok()) return whole.error();
    if (status >= 400) {
      answers.emplace_back(error_of(static_cast<int>(status), each.dump()));
      continue;
    }
    Result<Accepted> accepted = parse_accepted(each);
    if (!accepted.ok()) return accepted.error();
    answers.push_back(std::move(accepted));
  }
  return answers;
}

std::string query_of(const Page& page) {
  std::string query = "?limit=" + std::to_string(page.limit);
  if (!page.cursor.empty()) query += "&cursor=" + page.cursor;
  return query;
}

// As a value of a query string.
std::string escaped(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '.' || c == '_' || c == '~' || c == '-';
    const auto byte = static_cast<unsigned char>(c);
    out += plain ? std::string(1, c) : std::string{'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

Result<std::string> taken(Result<HttpAnswer> answer) {
  if (!answer.ok()) return answer.error();
  const int status = answer.value().status;
  if (status == 200 || status == 201) return std::move(answer.value().body);
  return error_of(status, answer.value().body);
}

Result<Bytes> as_blob(Result<std::string> text) {
  if (!text.ok()) return text.error();
  return to_bytes(as_bytes(text.value()));
}

}  // namespace

Client::Client(std::unique_ptr<HttpPool> http, std::size_t blob_bytes_max)
    : http_(std::move(http)), blob_bytes_max_(blob_bytes_max) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::connect(const std::string& base_url,
                                                const ClientOptions& options) {
  Result<BaseUrl> url = parse_base_url(base_url);
  if (!url.ok()) return url.error();
  auto http = std::make_unique<HttpPool>(
      std::move(url).value(), HttpPoolOptions{options.connect_timeout_ms, options.read_timeout_ms,
                                              options.attempts, options.watch});
  return std::unique_ptr<Client>(new Client(std::move(http), options.blob_bytes_max));
}

Result<std::string> Client::get(const std::string& path, std::size_t bytes_max) {
  return taken(http_->call(
      {.path = path, .body = {}, .answer_bytes_max = std::max(bytes_max, kProblemBytesMax)}));
}

Result<std::string> Client::get_of(const char* before, const std::string& id, const char* after,
                                   std::size_t bytes_max) {
  if (const Status plain = check_id(id); !plain.ok()) return plain.error();
  return get(before + id + after, bytes_max);
}

Result<Json> Client::document(Result<std::string> text) {
  if (!text.ok()) return text.error();
  Result<Json> json =
      wire::parse_json(text.value(), {.bytes_max = kDocumentBytesMax, .values_max = kValuesMax});
  if (!json.ok()) return nonsense("document", json.error());
  return json;
}

Result<Accepted> Client::submit(wire::Kind kind, const std::string& envelope) {
  Result<std::string> path = path_for(kind, envelope);
  if (!path.ok()) return path.error();
  const Result<std::string> answer = taken(http_->call({.method = "POST",
                                                        .path = std::move(path).value(),
                                                        .body = as_bytes(envelope),
                                                        .answer_bytes_max = kProblemBytesMax}));
  if (!answer.ok()) return answer.error();
  const Result<Json> json = wire::parse_json(answer.value());
  Result<Accepted> accepted = json.ok() ? parse_accepted(json.value()) : json.error();
  if (!accepted.ok()) return nonsense("submit", accepted.error());
  return accepted;
}

Result<std::vector<Result<Accepted>>> Client::submit_attestations(
    std::span<const std::string> envelopes) {
  if (const Status fits = check_batch(envelopes.size()); !fits.ok()) return fits.error();
  std::vector<Result<Accepted>> answers(
      envelopes.size(), fail(Code::malformed, "an envelope is one JSON object, this is none"));
  std::vector<std::string> sent;  // where nothing of one can be taken for a part of another
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < envelopes.size(); ++i) {
    if (!stands_alone(envelopes[i])) continue;
    sent.push_back(envelopes[i]);
    places.push_back(i);
  }
  if (sent.empty()) return answers;
  const std::string body = batch_text(sent);
  const std::string path(submit_path(wire::Kind::attestation));
  const Result<Json> json = document(taken(http_->call({.method = "POST",
                                                        .path = path,
                                                        .body = as_bytes(body),
                                                        .answer_bytes_max = kDocumentBytesMax})));
  if (!json.ok()) return json.error();
  Result<std::vector<Result<Accepted>>> results = parse_results(json.value(), sent.size());
  if (!results.ok()) return nonsense("submit", results.error());
  for (std::size_t i = 0; i < places.size(); ++i) {
    answers[places[i]] = std::move(results.value()[i]);
  }
  return answers;
}

Result<std::string> Client::poll(const std::string& heartbeat_envelope) {
  return taken(http_->call({.method = "POST",
                            .path = "/v1/poll",
                            .body = as_bytes(heartbeat_envelope),
                            .answer_bytes_max = wire::kPollReplyBytesMax,
                            .may_repeat = false}));
}

Status Client::put_blob(const Digest& sha256, ByteView bytes) {
  const Result<std::string> answer = taken(http_->call({.method = "PUT",
                                                        .path = "/v1/blobs/" + sha256.hex(),
                                                        .body = bytes,
                                                        .content_type = "application/octet-stream",
                                                        .answer_bytes_max = kProblemBytesMax}));
  if (!answer.ok()) return answer.error();
  return {};
}

Result<Json> Client::ask_opening(const std::string& job, const std::string& request) {
  if (const Status plain = check_id(job); !plain.ok()) return plain.error();
  return document(taken(http_->call({.method = "POST",
                                     .path = "/v1/jobs/" + job + "/openings",
                                     .body = as_bytes(request),
                                     .answer_bytes_max = kProblemBytesMax})));
}

Status Client::give_opening(const Digest& request, ByteView file) {
  const Result<std::string> answer = taken(http_->call({.method = "PUT",
                                                        .path = "/v1/openings/" + request.hex(),
                                                        .body = file,
                                                        .content_type = "application/octet-stream",
                                                        .answer_bytes_max = kProblemBytesMax}));
  if (!answer.ok()) return answer.error();
  return {};
}

Result<bool> Client::has_blob(const Digest& sha256) {
  const Result<HttpAnswer> answer = http_->call({.method = "HEAD",
                                                 .path = "/v1/blobs/" + sha256.hex(),
                                                 .body = {},
                                                 .answer_bytes_max = kProblemBytesMax});
  if (!answer.ok()) return answer.error();
  const int status = answer.value().status;
  if (status == 200 || status == 404) return status == 200;
  return error_of(status, answer.value().body);
}

Result<Bytes> Client::get_blob(const Digest& sha256) {
  Result<Bytes> bytes = as_blob(get("/v1/blobs/" + sha256.hex(), blob_bytes_max_));
  if (bytes.ok() && assay::sha256(bytes.value()) != sha256) {
    return fail(Code::unbound,
                "the verifier sent other bytes than those with the SHA-256 " + sha256.hex());
  }
  return bytes;
}

Result<Json> Client::providers(const Page& page) {
  if (const Status plain = check_id(page.cursor); !page.cursor.empty() && !plain.ok()) {
    return plain.error();
  }
  return document(get("/v1/providers" + query_of(page), kDocumentBytesMax));
}
Result<Found> Client::search(const Search& search) {
  const Status plain = check_id(search.page.cursor);
  if (!search.page.cursor.empty() && !plain.ok()) return plain.error();
  Result<Json> json =
      document(get("/v1/providers" + query_of(search.page) + "&query=" + escaped(search.query) +
                       "&sort=" + escaped(search.sort),
                   kDocumentBytesMax));
  if (!json.ok()) return json.error();
  return Found{.etag = "", .document = std::move(json).value()};
}
Result<Json> Client::match(const std::string& request) {
  return document(taken(http_->call({.method = "POST",
                                     .path = "/v1/match",
                                     .body = as_bytes(request),
                                     .answer_bytes_max = kDocumentBytesMax,
                                     .only_asks = true})));
}
Result<Json> Client::slashes(const Page& page) {
  if (const Status plain = check_id(page.cursor); !page.cursor.empty() && !plain.ok()) {
    return plain.error();
  }
  return document(get("/v1/slashes" + query_of(page), kDocumentBytesMax));
}
Result<Json> Client::events(std::uint64_t after, std::uint32_t limit) {
  return document(
      get("/v1/events?after=" + std::to_string(after) + "&limit=" + std::to_string(limit),
          kDocumentBytesMax));
}
Result<Json> Client::provider(const std::string& id) {
  return document(get_of("/v1/providers/", id, "", kDocumentBytesMax));
}
Result<Json> Client::explain(const std::string& id) {
  return document(get_of("/v1/providers/", id, "/explain", kDocumentBytesMax));
}
Result<Json> Client::job(const std::string& id) {
  return document(get_of("/v1/jobs/", id, "", kDocumentBytesMax));
}
Result<Json> Client::preview(const std::string& job, std::uint64_t after) {
  const std::string query = "/preview?after=" + std::to_string(after);
  return document(get_of("/v1/jobs/", job, query.c_str(), kDocumentBytesMax));
}
Result<Json> Client::slash(const std::string& id) {
  return document(get_of("/v1/slashes/", id, "", kDocumentBytesMax));
}
Result<Json> Client::dispute(const std::string& id) {
  return document(get_of("/v1/disputes/", id, "", kDocumentBytesMax));
}
Result<Json> Client::challenge(const std::string& id) {
  return document(get_of("/v1/challenges/", id, "", kDocumentBytesMax));
}
Result<Json> Client::workers() {
  return document(get("/v1/workers", kDocumentBytesMax));
}
Result<Json> Client::overview() {
  return document(get("/v1/overview", kDocumentBytesMax));
}
Result<Json> Client::uptime(const std::string& id) {
  return document(get_of("/v1/providers/", id, "/uptime", kDocumentBytesMax));
}
Result<Json> Client::provider_part(const std::string& id, ProviderPart part) {
  const std::string after = std::string("/") + part_path(part);
  return document(get_of("/v1/providers/", id, after.c_str(), kDocumentBytesMax));
}
Result<std::string> Client::worker_call(const std::string& envelope) {
  return taken(http_->call({.method = "POST",
                            .path = "/v1/workers/lease",
                            .body = as_bytes(envelope),
                            .answer_bytes_max = wire::kLeaseReplyBytesMax,
                            .may_repeat = false}));
}
Status Client::worker_result(const std::string& envelope) {
  const Result<std::string> answer = taken(http_->call({.method = "POST",
                                                        .path = "/v1/workers/results",
                                                        .body = as_bytes(envelope),
                                                        .answer_bytes_max = kProblemBytesMax,
                                                        .may_repeat = false}));
  if (!answer.ok()) return answer.error();
  return {};
}
Result<std::string> Client::kept_worker_result(const std::string& digest) {
  return get_of("/v1/workers/results/", digest, "", kEnvelopeBytesMax);
}
Result<Json> Client::version() {
  return document(get("/v1/version", kDocumentBytesMax));
}

Result<std::string> Client::score(const std::string& id) {
  return get_of("/v1/providers/", id, "/score", kEnvelopeBytesMax);
}
Result<std::string> Client::final_score(const std::string& id, const std::string& class_name) {
  const std::string query =
      "/score?final=1" + (class_name.empty() ? "" : "&class=" + escaped(class_name));
  return get_of("/v1/providers/", id, query.c_str(), kEnvelopeBytesMax);
}
Result<std::string> Client::settlement(const std::string& job) {
  return get_of("/v1/jobs/", job, "/settlement", kEnvelopeBytesMax);
}
Result<std::string> Client::receipt(const std::string& job) {
  return get_of("/v1/jobs/", job, "/receipt", wire::kCaseFileBytesMax);
}
Result<std::string> Client::evidence(const std::string& slash) {
  return get_of("/v1/slashes/", slash, "/evidence", wire::kCaseFileBytesMax);
}
Result<Bytes> Client::result(const std::string& job) {
  return as_blob(get_of("/v1/jobs/", job, "/result", blob_bytes_max_));
}
Result<std::string> Client::checkpoint() {
  return get("/checkpoint", wire::kNoteBytesMax);
}
Result<Bytes> Client::tile(const std::string& path) {
  const Result<wire::TilePath> parsed = wire::parse_tile_path(path);
  if (!parsed.ok()) return parsed.error();
  return as_blob(get("/" + path, kTileBytesMax));
}
Result<std::string> Client::policy(const std::string& digest) {
  return get_of("/v1/policy/", digest, "", wire::kPolicyBytesMax);
}
Result<std::string> Client::trust() {
  return get("/v1/policy.txt", wire::kTrustBytesMax);
}

}  // namespace assay::api
