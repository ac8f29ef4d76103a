// The routes: one table from method and path to a call of the Port. Pure but for the Port:
// Request in, Response out, so that tests and fuzzers need no socket.
// Thread-safe, as the Port is. api/openapi.yaml describes the same table.
//
// Answers to GET carry a strong ETag (If-None-Match: 304) and say how long they may be kept. HEAD
// is answered as GET. A path nobody knows is 404, another method 405 with Allow, a body over the
// route's limit 413, a query parameter the route does not know 400: all as problem documents.
// What is no route may be a web page (pages.h).
#pragma once

#include "api/port/port.h"
#include "api/server/http.h"

namespace assay::api {

inline constexpr std::size_t kStatementBodyBytesMax = std::size_t{128} << 10;

class OperatorCalls;

struct RouteOptions {
  std::size_t blob_bytes_max = std::size_t{256} << 20;
  OperatorCalls* operators = nullptr;  // null: nobody's calls are taken
  Digest cursor_key{};                 // what cursors are bound by: secret, and of this process
};

Response handle(const Request& request, Port& port, const RouteOptions& options = {});

// How large a body this method and path take: what the transport needs before it reads one. 0 where
// there is no such route.
std::size_t body_bytes_max(const Request& head, const RouteOptions& options = {});

// Every (method, pattern) there is, in the order of the table.
struct RouteName {
  std::string_view method;
  std::string_view pattern;
};
std::vector<RouteName> route_names();
std::vector<RouteName> admin_route_names();

// The operator's port: GET /livez, /readyz (200 or 503), /metrics.
Response handle_admin(const Request& request, AdminPort& port);

}  // namespace assay::api
