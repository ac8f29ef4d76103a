#include "api/server/routes.h"

#include <algorithm>
#include <optional>

#include "api/port/paths.h"
#include "api/server/pages.h"
#include "api/server/route_handlers.h"
#include "core/wire/text.h"

namespace assay::api {

using wire::Json;
using wire::Kind;

namespace {

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

enum class BodyKind { none, statement, batch, blob };

struct Route {
  std::string_view method;
  std::string_view pattern;
  BodyKind body;
  Keep keep;
  std::vector<Parameter> parameters;
  Response (*handler)(const Call& call);
};

template <Kind kind>
Route submit_route() {
  return {"POST", submit_path(kind), BodyKind::statement, Keep::never, {}, [](const Call& call) {
            return submit(call, kind);
          }};
}

const std::vector<Route>& table() {
  using enum Keep;
  constexpr BodyKind kNone = BodyKind::none;
  static const std::vector<Route> routes = {
      submit_route<Kind::registration>(),
      submit_route<Kind::order>(),
      submit_route<Kind::cancel>(),
      submit_route<Kind::reveal>(),
      submit_route<Kind::acceptance>(),
      {"POST", submit_path(Kind::attestation), BodyKind::batch, never, {}, attest},
      submit_route<Kind::spotcheck>(),
      submit_route<Kind::dispute>(),
      submit_route<Kind::dispute_move>(),
      submit_route<Kind::stake>(),
      submit_route<Kind::appeal>(),
      submit_route<Kind::maintenance>(),
      submit_route<Kind::worker>(),
      submit_route<Kind::paid_challenge>(),
      {"POST", "/v1/workers/lease", BodyKind::statement, never, {}, worker_call},
      {"POST", "/v1/workers/results", BodyKind::statement, never, {}, worker_result},
      {"POST", "/v1/poll", BodyKind::statement, never, {}, poll},
      {"POST", "/v1/match", BodyKind::statement, never, {}, match},
      {"PUT", "/v1/blobs/{sha256}", BodyKind::blob, never, {}, put_blob},
      {"GET", "/v1/blobs/{sha256}", kNone, forever, {}, get_blob},
      {"POST", "/v1/jobs/{id}/openings", BodyKind::statement, never, {}, ask_opening},
      {"PUT", "/v1/openings/{id}", BodyKind::blob, never, {}, give_opening},
      {"GET",
       "/v1/providers",
       kNone,
       briefly,
       {{"query", Parameter::Form::text}, {"sort", Parameter::Form::text}, "cursor", "limit"},
       providers},
      {"GET", "/v1/providers/{id}", kNone, briefly, {}, provider},
      {"GET",
       "/v1/providers/{id}/score",
       kNone,
       briefly,
       {"final", {"class", Parameter::Form::text}},
       score},
      {"GET", "/v1/providers/{id}/explain", kNone, briefly, {}, explain},
      {"GET", "/v1/providers/{id}/uptime", kNone, briefly, {}, uptime},
      {"GET", "/v1/providers/{id}/history", kNone, briefly, {}, provider_history},
      {"GET", "/v1/providers/{id}/audits", kNone, briefly, {}, provider_audits},
      {"GET", "/v1/providers/{id}/devices", kNone, briefly, {}, provider_devices},
      {"GET", "/v1/providers/{id}/slashes", kNone, briefly, {}, provider_slashes},
      {"GET", "/v1/overview", kNone, briefly, {}, overview},
      {"GET", "/v1/jobs/{id}", kNone, revalidate, {}, job},
      {"GET", "/v1/jobs/{id}/preview", kNone, revalidate, {"after"}, preview},
      {"GET", "/v1/jobs/{id}/receipt", kNone, revalidate, {}, receipt},
      {"GET", "/v1/jobs/{id}/settlement", kNone, revalidate, {}, settlement},
      {"GET", "/v1/jobs/{id}/result", kNone, revalidate, {}, result},
      {"GET", "/v1/slashes", kNone, briefly, {"cursor", "limit"}, slashes},
      {"GET", "/v1/slashes/{id}", kNone, briefly, {}, slash},
      {"GET", "/v1/slashes/{id}/evidence", kNone, revalidate, {}, evidence},
      {"GET", "/v1/disputes/{id}", kNone, revalidate, {}, dispute},
      {"GET", "/v1/challenges/{id}", kNone, revalidate, {}, challenge},
      {"GET", "/v1/workers", kNone, briefly, {}, workers},
      {"GET", "/v1/workers/results/{id}", kNone, revalidate, {}, kept_worker_result},
      {"GET", "/v1/events", kNone, briefly, {"after", "limit"}, events},
      {"GET", "/v1/policy/{digest}", kNone, forever, {}, policy},
      {"GET", "/v1/policy.txt", kNone, briefly, {}, trust},
      {"GET", "/v1/version", kNone, briefly, {}, version},
      {"GET", "/v1/operator/readiness", kNone, never, {}, operator_readiness},
      {"GET", "/v1/operator/metrics", kNone, never, {}, operator_metrics},
      {"POST", "/v1/operator/limits", BodyKind::statement, never, {}, operator_limits},
      {"GET", "/checkpoint", kNone, briefly, {}, checkpoint},
      {"GET", "/tile/{path*}", kNone, forever, {}, tile},
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
std::optional<std::string> id_in(std::string_view pattern, std::string_view path) {
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
    case BodyKind::batch: return kBatchBodyBytesMax;
    case BodyKind::blob: return options.blob_bytes_max;
  }
  return 0;
}

struct FoundRoute {
  const Route* route = nullptr;  // null: none takes this method
  std::string id;
  std::string allow;  // the methods of this path; empty: nobody knows the path
};

FoundRoute find_route(const Request& request) {
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  FoundRoute found;
  for (const Route& route : table()) {
    std::optional<std::string> id = id_in(route.pattern, request.path);
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
  if (response.header("ETag") == nullptr) {
    response.headers.push_back(
        {"ETag", "\"" + sha256(as_bytes(response.body)).hex().substr(0, 32) + "\""});
  }
  const std::string etag = *response.header("ETag");
  if (!etag_listed(request, etag)) return response;
  response.status = 304;
  response.content_type.clear();
  response.body.clear();
  return response;
}

// A page, if one stands at this path that is no route.
std::optional<Response> page(const Request& request) {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  std::optional<PageAnswer> found = find_page(page_files(), request.path);
  if (!found) return std::nullopt;
  return finish(request, found->is_asset ? Keep::forever : Keep::revalidate,
                std::move(found->response));
}

Response not_there(const Request& request, const std::string& allow) {
  if (allow.empty()) {
    return problem(fail(Code::not_found, "no such route; api/openapi.yaml lists them"));
  }
  Response response = problem(fail(Code::malformed, wire::people_text(request.method, 16) +
                                                        " is not for this path: " + allow),
                              405);
  response.headers.push_back({"Allow", allow});
  return response;
}

}  // namespace

Response handle(const Request& request, Port& port, const RouteOptions& options) {
  const FoundRoute found = find_route(request);
  if (found.route == nullptr) {
    const std::optional<Response> shown =
        found.allow.empty() ? page(request) : std::optional<Response>();
    return shown ? *shown : not_there(request, found.allow);
  }
  const Result<Query> query = Query::parse(request.query, found.route->parameters);
  if (!query.ok()) return problem(query.error());
  const std::size_t limit = limit_of(*found.route, options);
  if (request.body.size() > limit) return too_large(limit);
  return finish(request, found.route->keep,
                found.route->handler({port, request, found.id, query.value(), options.cursor_key,
                                      options.operators}));
}

std::size_t body_bytes_max(const Request& head, const RouteOptions& options) {
  const FoundRoute found = find_route(head);
  return found.route == nullptr ? 0 : limit_of(*found.route, options);
}

std::vector<RouteName> route_names() {
  std::vector<RouteName> names;
  for (const Route& route : table()) names.push_back({route.method, route.pattern});
  return names;
}

std::vector<RouteName> admin_route_names() {
  return {{"GET", "/livez"}, {"GET", "/readyz"}, {"GET", "/metrics"}};
}

Response handle_admin(const Request& request, AdminPort& port) {
  const std::vector<RouteName> known = admin_route_names();
  if (std::ranges::find(known, request.path, &RouteName::pattern) == known.end()) {
    return not_there(request, "");
  }
  if (request.method != "GET" && request.method != "HEAD") return not_there(request, "GET, HEAD");
  if (!request.query.empty()) return problem(fail(Code::malformed, "query: none is known here"));
  Response response;
  if (request.path == "/livez") {
    response = answer_ok(kText, "ok\n");
  } else if (request.path == "/metrics") {
    response = answer_ok(kMetrics, port.metrics());
  } else {
    const Json readiness = port.readiness();
    const Json* ready = readiness.find("ready");
    const bool is_ready = ready != nullptr && ready->is_bool() && ready->as_bool();
    response = answer_ok(kJson, readiness.dump(), is_ready ? 200 : 503);
  }
  response.headers.push_back({"Cache-Control", cache_control(Keep::never)});
  return response;
}

}  // namespace assay::api
