#include "api/server/routes.h"

#include "api/server/cursor.h"

#include "core/wire/tile.h"
#include "tests/api/fake_port.h"
#include "tests/catch.h"

namespace assay {
namespace {

using api::Request;
using api::Response;
using test::FakePort;
using wire::Json;

const std::string kId(64, 'a');

Request get(std::string path, std::string query = "") {
  return {"GET", std::move(path), std::move(query), {}, ""};
}
Request with_body(std::string method, std::string path, std::string body) {
  return {std::move(method), std::move(path), "", {}, std::move(body)};
}

// The members of a problem document, all of which must be there and agree.
std::string problem_code(const Response& response) {
  CHECK(response.content_type == "application/problem+json");
  REQUIRE(response.header("Cache-Control") != nullptr);
  CHECK(*response.header("Cache-Control") == "no-store");
  const Json json = wire::parse_json(response.body).value();
  CHECK(json.find("type")->as_string() == "about:blank");
  CHECK(json.find("status")->as_i64() == response.status);
  CHECK_FALSE(json.find("title")->as_string().empty());
  CHECK_FALSE(json.find("detail")->as_string().empty());
  CHECK(json.find("retryable")->is_bool());
  return json.find("code")->as_string();
}

TEST_CASE("each GET route calls its function of the port and sends what that answers") {
  struct Case {
    const char* path;
    std::string query;
    std::string call;
    const char* type;
  };
  const char* json = "application/json";
  const char* text = "text/plain; charset=utf-8";
  const char* bytes = "application/octet-stream";
  const Case cases[] = {
      {"/v1/providers", "", "providers  50", json},
      {"/v1/providers", "limit=500&cursor=" + api::seal_cursor({}, "/v1/providers", "abc-1"),
       "providers abc-1 500", json},
      {"/v1/providers", "query=", "search || 50", json},
      {"/v1/providers", "sort=-score", "search |-score| 50", json},
      {"/v1/providers", "query=gpu_name=H200%20score%3e0.8&sort=-score,%2Bprice&limit=7&cursor=c_1",
       "search gpu_name=H200 score>0.8|-score,+price|c_1 7", json},
      {"/v1/providers/xyz", "", "provider xyz", json},
      {"/v1/providers/xyz/score", "", "score xyz", json},
      {"/v1/providers/xyz/score", "final=0", "score xyz", json},
      {"/v1/providers/xyz/score", "final=1", "final score xyz ", json},
      {"/v1/providers/xyz/score", "final=1&class=cpu%2Fgemm%401", "final score xyz cpu/gemm@1",
       json},
      {"/v1/providers/xyz/explain", "", "explain xyz", json},
      {"/v1/providers/xyz/uptime", "", "uptime xyz", json},
      {"/v1/overview", "", "overview", json},
      {"/v1/jobs/j1", "", "job j1", json},
      {"/v1/jobs/j1/preview", "", "preview j1 0", json},
      {"/v1/jobs/j1/preview", "after=4096", "preview j1 4096", json},
      {"/v1/jobs/j1/settlement", "", "settlement j1", json},
      {"/v1/jobs/j1/receipt", "", "receipt j1", text},
      {"/v1/jobs/j1/result", "", "result j1", bytes},
      {"/v1/slashes", "limit=1", "slashes  1", json},
      {"/v1/slashes/7", "", "slash 7", json},
      {"/v1/slashes/7/evidence", "", "evidence 7", text},
      {"/v1/challenges/7", "", "challenge 7", json},
      {"/v1/workers", "", "workers", json},
      {"/v1/workers/results/d", "", "kept_worker_result d", json},
      {"/v1/events", "", "events 0 50", json},
      {"/v1/events", "after=18446744073709551615&limit=1", "events 18446744073709551615 1", json},
      {"/v1/policy/d1", "", "policy d1", json},
      {"/v1/policy.txt", "", "trust", text},
      {"/checkpoint", "", "checkpoint", text},
      {"/tile/0/x001/067", "", "tile tile/0/x001/067", bytes},
      {"/tile/entries/000.p/3", "", "tile tile/entries/000.p/3", bytes},
  };
  for (const Case& each : cases) {
    INFO(each.path << "?" << each.query);
    FakePort port;
    const Response response = api::handle(get(each.path, each.query), port);
    CHECK(response.status == 200);
    CHECK(port.last_call() == each.call);
    CHECK(response.content_type == each.type);
    if (response.content_type == json && response.body.starts_with("{")) {
      CHECK(response.body == FakePort::document(each.call).dump());
    } else {
      CHECK(response.body.starts_with(FakePort::text(each.call)));
    }
    const Response head = api::handle({"HEAD", each.path, each.query, {}, ""}, port);
    CHECK(head.status == 200);
    CHECK(head.body == response.body);
  }
}

TEST_CASE("openings are asked for and given by their own two routes") {
  FakePort port;
  const Response asked =
      api::handle(with_body("POST", "/v1/jobs/j1/openings", "{\"pairs\":[1]}"), port);
  CHECK(asked.status == 200);
  CHECK(port.last_call() == "ask_opening j1 {\"pairs\":[1]}");
  CHECK(asked.body == FakePort::document(port.last_call()).dump());
  CHECK(*asked.header("Cache-Control") == "no-store");

  const std::string id = sha256(as_bytes("x")).hex();
  const Response given = api::handle(with_body("PUT", "/v1/openings/" + id, "abc"), port);
  CHECK(given.status == 201);
  CHECK(port.last_call() == "give_opening " + id);
  CHECK(given.body == "{\"id\":\"" + id + "\",\"size_bytes\":3}");
  CHECK(api::handle(with_body("PUT", "/v1/openings/abc", "abc"), port).status == 400);
  port.fail_with(fail(Code::not_found, "nobody asks"));
  CHECK(api::handle(with_body("PUT", "/v1/openings/" + id, "abc"), port).status == 404);
}

TEST_CASE("workers call and answer by their own two routes") {
  FakePort port;
  const Response leased = api::handle(with_body("POST", "/v1/workers/lease", "call"), port);
  CHECK(leased.status == 200);
  CHECK(leased.body == FakePort::text("worker_call call"));
  CHECK(*leased.header("Cache-Control") == "no-store");
  const Response taken = api::handle(with_body("POST", "/v1/workers/results", "result"), port);
  CHECK(taken.status == 201);
  CHECK(port.last_call() == "worker_result result");
  CHECK(taken.body == "{\"accepted\":true}");
  port.fail_with(fail(Code::conflict, "that lease is over"));
  CHECK(api::handle(with_body("POST", "/v1/workers/results", "result"), port).status == 409);
  CHECK(api::handle(with_body("POST", "/v1/workers/lease", "call"), port).status == 409);
}

TEST_CASE("each statement is submitted as the kind its path names") {
  const std::pair<const char*, wire::Kind> cases[] = {
      {"/v1/providers", wire::Kind::registration},
      {"/v1/jobs", wire::Kind::order},
      {"/v1/acceptances", wire::Kind::acceptance},
      {"/v1/attestations", wire::Kind::attestation},
      {"/v1/openings", wire::Kind::spotcheck},
      {"/v1/disputes", wire::Kind::dispute},
      {"/v1/dispute-moves", wire::Kind::dispute_move},
      {"/v1/stake", wire::Kind::stake},
      {"/v1/maintenance", wire::Kind::maintenance},
      {"/v1/workers", wire::Kind::worker},
      {"/v1/challenges", wire::Kind::paid_challenge},
  };
  for (const auto& [path, kind] : cases) {
    INFO(path);
    FakePort port;
    const Response created = api::handle(with_body("POST", path, "{\"a\":1}"), port);
    CHECK(created.status == 201);
    CHECK(port.last_call() == "submit " + std::string(wire::kind_name(kind)) + " {\"a\":1}");
    CHECK(*created.header("Cache-Control") == "no-store");
    CHECK(created.header("ETag") == nullptr);
    const std::string statement = FakePort::accepted(false).statement.hex();
    CHECK(created.body == "{\"statement\":\"" + statement +
                              "\",\"log_index\":1099511627776,\"log_time_ms\":\"1795000000123\","
                              "\"already_known\":false}");
    port.already_known = true;
    CHECK(api::handle(with_body("POST", path, "{\"a\":1}"), port).status == 200);
  }
}

TEST_CASE("a poll is answered with the reply's bytes as they are") {
  FakePort port;
  const Response response = api::handle(with_body("POST", "/v1/poll", "beat"), port);
  CHECK(response.status == 200);
  CHECK(response.body == FakePort::text("poll beat"));
  CHECK(*response.header("Cache-Control") == "no-store");
}

TEST_CASE("a blob goes in and comes out under its digest alone") {
  FakePort port;
  std::string bytes("\0\xff\r\n", 4);
  const std::string name = sha256(as_bytes(bytes)).hex();
  const Response put = api::handle(with_body("PUT", "/v1/blobs/" + name, bytes), port);
  CHECK(put.status == 201);
  CHECK(put.body == "{\"sha256\":\"" + name + "\",\"size_bytes\":4}");
  const Response got = api::handle(get("/v1/blobs/" + name), port);
  CHECK(got.status == 200);
  CHECK(got.body == bytes);
  CHECK(*got.header("Cache-Control") == "public, max-age=31536000, immutable");

  CHECK(api::handle(with_body("PUT", "/v1/blobs/" + kId, bytes), port).status == 422);
  CHECK(api::handle(get("/v1/blobs/" + kId), port).status == 404);
  const std::size_t calls = port.calls();
  for (const std::string& bad : std::vector<std::string>{"x", "AAAA", "..", "0"}) {
    CHECK(api::handle(get("/v1/blobs/" + bad), port).status == 400);
    CHECK(api::handle(with_body("PUT", "/v1/blobs/" + bad, bytes), port).status == 400);
  }
  std::string upper = name;
  for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
  CHECK(api::handle(get("/v1/blobs/" + upper), port).status == 400);
  CHECK(port.calls() == calls);
}

TEST_CASE("an unknown path is 404, another method 405 with what is allowed") {
  FakePort port;
  for (const char* path : {"", "/v1", "/v1/", "/v1/providers/", "/v1/jobs//receipt", "/v2/jobs",
                           "/v1/jobs/a/b/c", "/v1/jobs/a/cancelled", "/tile", "/tile/", "//v1/jobs",
                           "/checkpoint/", "/Checkpoint", "/livez", "/metrics"}) {
    INFO(path);
    const Response response = api::handle(get(path), port);
    CHECK(response.status == 404);
    CHECK(problem_code(response) == "not_found");
  }
  struct Case {
    const char* method;
    const char* path;
    const char* allow;
  };
  const Case cases[] = {
      {"DELETE", "/v1/jobs", "POST"},
      {"GET", "/v1/jobs", "POST"},
      {"PUT", "/v1/providers", "POST, GET, HEAD"},
      {"POST", "/v1/blobs/x", "PUT, GET, HEAD"},
      {"OPTIONS", "/checkpoint", "GET, HEAD"},
      {"HEAD", "/v1/poll", "POST"},
      {"get", "/checkpoint", "GET, HEAD"},
  };
  for (const Case& each : cases) {
    INFO(each.method << " " << each.path);
    const Response response = api::handle({each.method, each.path, "", {}, ""}, port);
    CHECK(response.status == 405);
    REQUIRE(response.header("Allow") != nullptr);
    CHECK(*response.header("Allow") == each.allow);
    CHECK(problem_code(response) == "malformed");
  }
  CHECK(port.calls() == 0);
}

TEST_CASE("queries are read strictly") {
  FakePort port;
  const std::pair<const char*, const char*> bad[] = {
      {"/v1/providers", "limit=0"},
      {"/v1/providers", "limit=501"},
      {"/v1/providers", "limit=-1"},
      {"/v1/providers", "limit=+1"},
      {"/v1/providers", "limit=01"},
      {"/v1/providers", "limit="},
      {"/v1/providers", "limit"},
      {"/v1/providers", "limit=1&limit=1"},
      {"/v1/providers", "query=a+b"},
      {"/v1/providers", "query=a%2"},
      {"/v1/providers", "query=a%zz"},
      {"/v1/providers", "query=%00"},
      {"/v1/providers", "query=%c3%a9"},
      {"/v1/providers", "query=x&query=y"},
      {"/v1/providers", "quary=x"},
      {"/v1/slashes", "sort=x"},
      {"/v1/providers", "cursor=%61"},
      {"/v1/providers", "cursor=a+b"},
      {"/v1/providers", "&"},
      {"/v1/providers", "=1"},
      {"/v1/providers", "Limit=1"},
      {"/v1/slashes", "after=1"},
      {"/v1/events", "cursor=1"},
      {"/v1/events", "after=18446744073709551616"},
      {"/v1/events", "after=1e3"},
      {"/v1/jobs/x", "x=1"},
      {"/v1/jobs/x/preview", "after=-1"},
      {"/v1/jobs/x/preview", "after=1&limit=1"},
      {"/v1/jobs/x/preview", "step=1"},
      {"/checkpoint", "x=1"},
  };
  for (const auto& [path, query] : bad) {
    INFO(path << "?" << query);
    const Response response = api::handle(get(path, query), port);
    CHECK(response.status == 400);
    CHECK(problem_code(response) == "malformed");
  }
  CHECK(port.calls() == 0);
}

TEST_CASE("bodies over the route's limit never reach the port") {
  FakePort port;
  const api::RouteOptions options{1000};
  const std::string blob(1001, 'x');
  const std::string path = "/v1/blobs/" + sha256(as_bytes(blob)).hex();
  CHECK(api::body_bytes_max(with_body("PUT", path, ""), options) == 1000);
  CHECK(api::handle(with_body("PUT", path, blob), port, options).status == 413);
  CHECK(api::handle(with_body("PUT", path, blob), port, {1001}).status == 201);

  const std::string long_statement(api::kStatementBodyBytesMax + 1, ' ');
  for (const api::RouteName& route : api::route_names()) {
    if (route.method != "POST") continue;
    INFO(route.pattern);
    std::string at(route.pattern);
    if (const std::size_t id = at.find("{id}"); id != std::string::npos) at.replace(id, 4, kId);
    const std::size_t max = api::body_bytes_max(with_body("POST", at, ""));
    CHECK((max == api::kStatementBodyBytesMax || at == "/v1/attestations"));
    const Response response = api::handle(with_body("POST", at, long_statement), port);
    CHECK(response.status == 413);
    CHECK(problem_code(response) == "malformed");
  }
  CHECK(port.calls() == 1);
  CHECK(api::body_bytes_max(get("/checkpoint")) == 0);
  CHECK(api::body_bytes_max(get("/nowhere")) == 0);
}

TEST_CASE("a reader that has the answer already is told so") {
  FakePort port;
  Request request = get("/v1/jobs/j1");
  const Response first = api::handle(request, port);
  REQUIRE(first.header("ETag") != nullptr);
  const std::string etag = *first.header("ETag");
  CHECK(etag == "\"" + sha256(as_bytes(first.body)).hex().substr(0, 32) + "\"");
  CHECK(*first.header("Cache-Control") == "no-cache");
  for (const std::string& sent : {etag, "\"other\", W/" + etag, std::string("*")}) {
    request.headers = {{"if-none-match", sent}};
    const Response again = api::handle(request, port);
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    CHECK(again.content_type.empty());
    CHECK(*again.header("ETag") == etag);
  }
  request.headers = {{"if-none-match", "\"other\""}};
  CHECK(api::handle(request, port).status == 200);
  port.fail_with(fail(Code::not_found, "gone"));
  request.headers = {{"if-none-match", "*"}};
  CHECK(api::handle(request, port).status == 404);
}

TEST_CASE("full tiles are kept for ever, partial ones and the checkpoint are not") {
  FakePort port;
  const auto cache = [&](const char* path) {
    return *api::handle(get(path), port).header("Cache-Control");
  };
  CHECK(cache("/tile/0/000") == "public, max-age=31536000, immutable");
  CHECK(cache("/tile/entries/000") == "public, max-age=31536000, immutable");
  CHECK(cache("/tile/0/000.p/3") == "public, max-age=60");
  CHECK(cache("/checkpoint") == "public, max-age=2");
  for (const char* path : {"/tile/0/0", "/tile/0/000.p/256", "/tile/64/000", "/tile/x/000",
                           "/tile/0/000/", "/tile/../etc"}) {
    INFO(path);
    CHECK(api::handle(get(path), port).status == 400);
  }
}

TEST_CASE("each error code has its status, and errors carry no cache headers of answers") {
  struct Case {
    Code code;
    int status;
    bool retryable;
  };
  const Case cases[] = {
      {Code::internal, 500, false},  {Code::usage, 400, false},
      {Code::not_found, 404, false}, {Code::permission, 403, false},
      {Code::network, 502, true},    {Code::rate_limited, 429, true},
      {Code::conflict, 409, false},  {Code::malformed, 400, false},
      {Code::signature, 401, false}, {Code::no_evidence, 422, false},
      {Code::proof, 422, false},     {Code::unbound, 422, false},
      {Code::mismatch, 422, false},  {Code::inconclusive, 503, true},
      {Code::stale, 422, false},     {Code::equivocation, 409, false},
      {Code::storage, 503, true},    {Code::interrupted, 503, true},
  };
  for (const Case& each : cases) {
    INFO(code_name(each.code));
    FakePort port;
    port.fail_with(fail(each.code, "what and why"));
    for (const Request& request :
         {get("/v1/jobs/x"), get("/checkpoint"), with_body("POST", "/v1/jobs", "x")}) {
      const Response response = api::handle(request, port);
      CHECK(response.status == each.status);
      CHECK(problem_code(response) == code_name(each.code));
      const Json json = wire::parse_json(response.body).value();
      CHECK(json.find("detail")->as_string() == "what and why");
      CHECK(json.find("retryable")->as_bool() == each.retryable);
      CHECK(response.header("ETag") == nullptr);
      const bool comes_back = each.status == 429 || each.status == 503;
      CHECK((response.header("Retry-After") != nullptr) == comes_back);
    }
  }
}

TEST_CASE("the operator's port answers life, readiness and metrics, and nothing else") {
  FakePort port;
  CHECK(api::handle_admin(get("/livez"), port).body == "ok\n");
  CHECK(port.calls() == 0);
  CHECK(api::handle_admin(get("/readyz"), port).status == 200);
  port.ready = false;
  const Response unready = api::handle_admin(get("/readyz"), port);
  CHECK(unready.status == 503);
  CHECK(unready.body == "{\"ready\":false,\"checks\":[]}");
  const Response metrics = api::handle_admin(get("/metrics"), port);
  CHECK(metrics.body == "assay_up 1\n");
  CHECK(metrics.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(api::handle_admin(get("/v1/jobs/x"), port).status == 404);
  CHECK(api::handle_admin(get("/livez", "x=1"), port).status == 400);
  CHECK(api::handle_admin(with_body("POST", "/livez", ""), port).status == 405);
}

}  // namespace
}  // namespace assay
