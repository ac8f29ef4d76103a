// The two routes over the market of providers: searches, which have tags of their own, and matches.
#include "api/server/routes.h"
#include "tests/api/fake_port.h"
#include "tests/catch.h"

namespace assay {
namespace {

using api::Request;
using api::Response;
using test::FakePort;
using wire::Json;

Request get(std::string path, std::string query = "") {
  return {"GET", std::move(path), std::move(query), {}, ""};
}
Request post(std::string path, std::string body) {
  return {"POST", std::move(path), "", {}, std::move(body)};
}

TEST_CASE("each part of a provider has a route, and one that there is not is no route") {
  FakePort port;
  for (const char* part : {"history", "audits", "devices", "slashes"}) {
    const Response response = api::handle(get(std::string("/v1/providers/xyz/") + part), port);
    INFO(part);
    CHECK(response.status == 200);
    CHECK(response.body.find(std::string(part) + " xyz") != std::string::npos);
    CHECK(*response.header("Cache-Control") == "public, max-age=2");
  }
  CHECK(api::handle(get("/v1/providers/xyz/shoes"), port).status == 404);
}

TEST_CASE("a search has the tag that the port gives it, and who has that is sent nothing") {
  struct Tagged final : test::AskedPort {
    std::string known;
    Result<api::Found> search(const api::Search& search) override {
      known = search.if_none_match;
      if (search.query == "bad") return fail(Code::malformed, "query: at character 1: bad");
      if (known.find("tag") != std::string::npos) return api::Found{"tag", {}};
      return api::Found{"tag", Json::object({{"providers", Json::array()}})};
    }
    Result<api::Accepted> submit(wire::Kind, const std::string&) override { return none(); }
    Result<std::string> poll(const std::string&) override { return none(); }
    Status put_blob(const Digest&, ByteView) override { return none(); }
    Result<Bytes> get_blob(const Digest&) override { return none(); }
    static Error none() { return fail(Code::not_found, "none"); }
  };
  Tagged port;
  Request request = get("/v1/providers", "query=x");
  const Response first = api::handle(request, port);
  CHECK(first.status == 200);
  CHECK(*first.header("ETag") == "\"tag\"");
  CHECK(*first.header("Cache-Control") == "public, max-age=2");
  request.headers = {{"if-none-match", "\"tag\""}};
  const Response again = api::handle(request, port);
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  CHECK(*again.header("ETag") == "\"tag\"");
  CHECK(port.known == "\"tag\"");
  const Response bad = api::handle(get("/v1/providers", "query=bad"), port);
  CHECK(bad.status == 400);
  CHECK(wire::parse_json(bad.body).value().find("code")->as_string() == "malformed");
}

TEST_CASE("a match's body goes to the port as it is, and its answer is kept by nobody") {
  FakePort port;
  const Response response = api::handle(post("/v1/match", "{\"nonce\":1}"), port);
  CHECK(response.status == 200);
  CHECK(port.last_call() == "match {\"nonce\":1}");
  CHECK(*response.header("Cache-Control") == "no-store");
  CHECK(response.header("ETag") == nullptr);
  CHECK(api::handle(get("/v1/match"), port).status == 405);
  port.fail_with(fail(Code::permission, "a replica: ask the primary"));
  CHECK(api::handle(post("/v1/match", "{}"), port).status == 403);
}

}  // namespace
}  // namespace assay
