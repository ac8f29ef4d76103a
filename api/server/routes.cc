#include "api/server/routes.h"

#include <optional>

#include "api/port/paths.h"
#include "api/server/query.h"
#include "core/wire/dsse.h"
#include "core/wire/tile.h"

namespace assay::api {

using wire::Json;
using wire::Kind;

namespace {

constexpr const char* kJson = "application/json";
constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kBytes = "application/octet-stream";
constexpr std::uint64_t kPageMax = 500;

// How long an answer may be kept.
enum class Keep { never, revalidate, briefly, forever };

const char* cache_control(Keep keep) {
  switch (keep) {
    case Keep::never: return "no-store";
    case Keep::revalidate: return "no-cache";
    case Keep::briefly: return "public, max-age=2";
    case Keep::forever: return "public, max-age=31536000, immutable";
  }
  return "no-store";
}

struct Call {
  Port& port;
  const Request& request;
  std::string id;  // what stands for {…} in the pattern
  const Query& query;
};

enum class BodyKind { none, statement, blob };

struct Route {
  std::string_view method;
  std::string_view pattern;
  BodyKind body;
  Keep keep;
  std::vector<std::string_view> parameters;
  Response (*handler)(const Call& call);
};

Response ok(const char* content_type, std::string body, int status = 200) {
  return Response{status, content_type, {}, std::move(body)};
}
Response answer(const Result<Json>& document) {
  return document.ok() ? ok(kJson, document.value().dump()) : problem(document.error());
}
Response answer(Result<std::string> text, const char* content_type) {
  return text.ok() ? ok(content_type, std::move(text).value()) : problem(text.error());
}
Response answer(const Result<Bytes>& bytes) {
  return bytes.ok() ? ok(kBytes, std::string(as_text(bytes.value()))) : problem(bytes.error());
}

// The job in the path must be the one the statement is about.
Status check_subject(const Call& call, Kind kind) {
  if (call.id.empty()) return {};
  const Result<wire::Envelope> envelope = wire::parse_envelope(call.request.body);
  if (!envelope.ok()) return envelope.error();
  const Result<wire::Statement> statement =
      wire::parse_statement(as_text(envelope.value().payload), kind);
  if (!statement.ok()) return statement.error();
  if (statement.value().subject.hex() == call.id) return {};
  return fail(Code::malformed, "the statement is about job " + statement.value().subject.hex() +
                                   ", the path says " + call.id);
}

template <Kind kind>
Response submit(const Call& call) {
  if (const Status same = check_subject(call, kind); !same.ok()) return problem(same.error());
  const Result<Accepted> accepted = call.port.submit(kind, call.request.body);
  if (!accepted.ok()) return problem(accepted.error());
  const Accepted& it = accepted.value();
  const Json json = Json::object({{"statement", it.statement.hex()},
                                  {"log_index", it.log_index},
                                  {"log_time_ms", std::to_string(it.log_time_ms)},
                                  {"already_known", it.already_known}});
  return ok(kJson, json.dump(), it.already_known ? 200 : 201);
}

Response poll(const Call& call) {
  return answer(call.port.poll(call.request.body), kJson);
}

Result<Digest> blob_id(const Call& call) {
  const Result<Digest> id = Digest::parse_hex(call.id);
  if (id.ok()) return id;
  return fail(Code::malformed, "a blob's name is its SHA-256: 64 lower-case hex digits");
}
Response put_blob(const Call& call) {
  const Result<Digest> id = blob_id(call);
  if (!id.ok()) return problem(id.error());
  const Status put = call.port.put_blob(id.value(), as_bytes(call.request.body));
  if (!put.ok()) return problem(put.error());
  const std::uint64_t size = call.request.body.size();
  return ok(kJson, Json::object({{"sha256", call.id}, {"size_bytes", size}}).dump(), 201);
}
Response get_blob(const Call& call) {
  const Result<Digest> id = blob_id(call);
  return id.ok() ? answer(call.port.get_blob(id.value())) : problem(id.error());
}

Result<Page> page_of(const Query& query) {
  const Result<std::uint64_t> limit = query.number("limit", Page{}.limit, 1, kPageMax);
  if (!limit.ok()) return limit.error();
  return Page{query.text("cursor"), static_cast<std::uint32_t>(limit.value())};
}
Response providers(const Call& call) {
  const Result<Page> page = page_of(call.query);
  return page.ok() ? answer(call.port.providers(page.value())) : problem(page.error());
}
Response slashes(const Call& call) {
  const Result<Page> page = page_of(call.query);
  return page.ok() ? answer(call.port.slashes(page.value())) : problem(page.error());
}
Response events(const Call& call) {
  const Result<std::uint64_t> after = call.query.number("after", 0, 0, UINT64_MAX);
  if (!after.ok()) return problem(after.error());
  const Result<std::uint64_t> limit = call.query.number("limit", Page{}.limit, 1, kPageMax);
  if (!limit.ok()) return problem(limit.error());
  return answer(call.port.events(after.value(), static_cast<std::uint32_t>(limit.value())));
}

Response provider(const Call& call) {
  return answer(call.port.provider(call.id));
}
Response explain(const Call& call) {
  return answer(call.port.explain(call.id));
}
Response score(const Call& call) {
  return answer(call.port.score(call.id), kJson);
}
Response job(const Call& call) {
  return answer(call.port.job(call.id));
}
Response receipt(const Call& call) {
  return answer(call.port.receipt(call.id), kText);
}
Response result(const Call& call) {
  return answer(call.port.result(call.id));
}
Response slash(const Call& call) {
  return answer(call.port.slash(call.id));
}
Response evidence(const Call& call) {
  return answer(call.port.evidence(call.id), kText);
}
Response policy(const Call& call) {
  return answer(call.port.policy(call.id), kJson);
}
Response trust(const Call& call) {
  return answer(call.port.trust(), kText);
}
Response checkpoint(const Call& call) {
  return answer(call.port.checkpoint(), kText);
}
Response tile(const Call& call) {
  const std::string path = "tile/" + call.id;
  const Result<wire::TilePath> parsed = wire::parse_tile_path(path);
  if (!parsed.ok()) return problem(parsed.error());
  Response response = answer(call.port.tile(path));
  // What a path names never changes; but a partial tile is soon of no use to anybody.
  if (response.status == 200 && parsed.value().width < wire::kTileWidth) {
    response.headers.push_back({"Cache-Control", "public, max-age=60"});
  }
  return response;
}
Response version(const Call&) {
  return ok(kJson, Json::object({{"version", ASSAY_VERSION}, {"api", "v1"}}).dump());
}

template <Kind kind>
Route submit_route() {
  return {"POST", submit_path(kind), BodyKind::statement, Keep::never, {}, submit<kind>};
}

const std::vector<Route>& table() {
  using enum Keep;
  constexpr BodyKind none = BodyKind::none;
  static const std::vector<Route> routes = {
      submit_route<Kind::registration>(),
      submit_route<Kind::order>(),
      submit_route<Kind::cancel>(),
      submit_route<Kind::reveal>(),
      submit_route<Kind::acceptance>(),
      submit_route<Kind::attestation>(),
      submit_route<Kind::spotcheck>(),
      {"POST", "/v1/poll", BodyKind::statement, never, {}, poll},
      {"PUT", "/v1/blobs/{sha256}", BodyKind::blob, never, {}, put_blob},
      {"GET", "/v1/blobs/{sha256}", none, forever, {}, get_blob},
      {"GET", "/v1/providers", none, briefly, {"cursor", "limit"}, providers},
      {"GET", "/v1/providers/{id}", none, briefly, {}, provider},
      {"GET", "/v1/providers/{id}/score", none, briefly, {}, score},
      {"GET", "/v1/providers/{id}/explain", none, briefly, {}, explain},
      {"GET", "/v1/jobs/{id}", none, revalidate, {}, job},
      {"GET", "/v1/jobs/{id}/receipt", none, revalidate, {}, receipt},
      {"GET", "/v1/jobs/{id}/result", none, revalidate, {}, result},
      {"GET", "/v1/slashes", none, briefly, {"cursor", "limit"}, slashes},
      {"GET", "/v1/slashes/{id}", none, briefly, {}, slash},
      {"GET", "/v1/slashes/{id}/evidence", none, revalidate, {}, evidence},
      {"GET", "/v1/events", none, briefly, {"after", "limit"}, events},
      {"GET", "/v1/policy/{digest}", none, forever, {}, policy},
      {"GET", "/v1/policy.txt", none, briefly, {}, trust},
      {"GET", "/v1/version", none, briefly, {}, version},
      {"GET", "/checkpoint", none, briefly, {}, checkpoint},
      {"GET", "/tile/{path*}", none, forever, {}, tile},
  };
  return routes;
}

std::string_view take_segment(std::string_view& rest) {
  const std::size_t slash = rest.find('/', 1);
  const std::string_view segment = rest.substr(0, slash);
  rest.remove_prefix(segment.size());
  return segment;
}

// What stands for the pattern's {…} (empty where it has none); nothing when the path is another.
std::optional<std::string> match(std::string_view pattern, std::string_view path) {
  std::string id;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_segment(pattern);
    if (wanted.ends_with("*}")) {
      if (path.size() < 2) return std::nullopt;
      return std::string(path.substr(1));
    }
    const std::string_view given = take_segment(path);
    if (wanted.ends_with('}')) {
      if (given.size() < 2) return std::nullopt;
      id = given.substr(1);
    } else if (wanted != given) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return id;
}

std::size_t limit_of(const Route& route, const RouteOptions& options) {
  switch (route.body) {
    case BodyKind::none: return 0;
    case BodyKind::statement: return kStatementBodyBytesMax;
    case BodyKind::blob: return options.blob_bytes_max;
  }
  return 0;
}

struct Found {
  const Route* route = nullptr;  // null: none takes this method
  std::string id;
  std::string allow;  // the methods of this path; empty: nobody knows the path
};

Found find_route(const Request& request) {
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  Found found;
  for (const Route& route : table()) {
    std::optional<std::string> id = match(route.pattern, request.path);
    if (!id) continue;
    if (route.method == method && found.route == nullptr) {
      found.route = &route;
      found.id = std::move(*id);
    }
    found.allow += (found.allow.empty() ? "" : ", ") + std::string(route.method);
    if (route.method == "GET") found.allow += ", HEAD";
  }
  return found;
}

bool etag_listed(const Request& request, const std::string& etag) {
  const std::string* list = request.header("if-none-match");
  return list != nullptr && (*list == "*" || list->find(etag) != std::string::npos);
}

// The headers that every answer to GET has, and 304 where the caller has it already.
Response finish(const Request& request, Keep keep, Response response) {
  if (response.status >= 400) return response;
  if (response.header("Cache-Control") == nullptr) {
    response.headers.push_back({"Cache-Control", cache_control(keep)});
  }
  if (keep == Keep::never) return response;
  const std::string etag = "\"" + sha256(as_bytes(response.body)).hex().substr(0, 32) + "\"";
  response.headers.push_back({"ETag", etag});
  if (!etag_listed(request, etag)) return response;
  response.status = 304;
  response.content_type.clear();
  response.body.clear();
  return response;
}

Response not_there(const Request& request, const std::string& allow) {
  if (allow.empty()) {
    return problem(fail(Code::not_found, "no such route; api/openapi.yaml lists them"));
  }
  Response response = problem(
      fail(Code::malformed, request.method.substr(0, 16) + " is not for this path: " + allow), 405);
  response.headers.push_back({"Allow", allow});
  return response;
}

}  // namespace

Response handle(const Request& request, Port& port, const RouteOptions& options) {
  const Found found = find_route(request);
  if (found.route == nullptr) return not_there(request, found.allow);
  const Result<Query> query = Query::parse(request.query, found.route->parameters);
  if (!query.ok()) return problem(query.error());
  const std::size_t limit = limit_of(*found.route, options);
  if (request.body.size() > limit) {
    return problem(
        fail(Code::malformed, "the body may have at most " + std::to_string(limit) + " bytes here"),
        413);
  }
  return finish(request, found.route->keep,
                found.route->handler({port, request, found.id, query.value()}));
}

std::size_t body_bytes_max(const Request& head, const RouteOptions& options) {
  const Found found = find_route(head);
  return found.route == nullptr ? 0 : limit_of(*found.route, options);
}

std::vector<RouteName> route_names() {
  std::vector<RouteName> names;
  for (const Route& route : table()) names.push_back({route.method, route.pattern});
  return names;
}

Response handle_admin(const Request& request, AdminPort& port) {
  const bool known =
      request.path == "/livez" || request.path == "/readyz" || request.path == "/metrics";
  if (!known) return not_there(request, "");
  if (request.method != "GET" && request.method != "HEAD") return not_there(request, "GET, HEAD");
  if (!request.query.empty()) return problem(fail(Code::malformed, "query: none is known here"));
  Response response;
  if (request.path == "/livez") {
    response = ok(kText, "ok\n");
  } else if (request.path == "/metrics") {
    response = ok("text/plain; version=0.0.4; charset=utf-8", port.metrics());
  } else {
    const Json readiness = port.readiness();
    const Json* ready = readiness.find("ready");
    const bool is_ready = ready != nullptr && ready->is_bool() && ready->as_bool();
    response = ok(kJson, readiness.dump(), is_ready ? 200 : 503);
  }
  response.headers.push_back({"Cache-Control", cache_control(Keep::never)});
  return response;
}

}  // namespace assay::api
