#include "api/client/problem.h"

#include "api/server/http.h"
#include "tests/catch.h"

namespace assay {
namespace {

constexpr Code kEveryCode[] = {
    Code::internal,     Code::usage,    Code::not_found,  Code::permission,   Code::network,
    Code::rate_limited, Code::conflict, Code::malformed,  Code::signature,    Code::no_evidence,
    Code::proof,        Code::unbound,  Code::mismatch,   Code::inconclusive, Code::stale,
    Code::equivocation, Code::storage,  Code::interrupted};

TEST_CASE("an error goes through a problem document and comes back the same") {
  const std::string details[] = {"plain", "\"quoted\"\n\ttabs \\ and \xe2\x80\x94 dashes",
                                 std::string(4000, 'x')};
  for (const Code code : kEveryCode) {
    for (const std::string& detail : details) {
      const api::Response response = api::problem(fail(code, detail));
      const Error back = api::error_of(response.status, response.body);
      CHECK(back.code == code);
      CHECK(back.what == detail);
    }
  }
}

TEST_CASE("an answer that is no problem document is judged by its status") {
  struct Case {
    int status;
    Code code;
  };
  const Case cases[] = {{404, Code::not_found},    {401, Code::permission}, {403, Code::permission},
                        {429, Code::rate_limited}, {408, Code::network},    {500, Code::network},
                        {502, Code::network},      {503, Code::network},    {400, Code::malformed},
                        {418, Code::malformed},    {302, Code::network},    {304, Code::network},
                        {0, Code::network}};
  for (const Case& each : cases) {
    for (const char* body : {"", "<html>", "{}", "[]", "{\"code\":5,\"detail\":\"x\"}",
                             "{\"code\":\"conflict\"}", "{\"detail\":\"x\"}", "null"}) {
      INFO(each.status << " " << body);
      CHECK(api::error_of(each.status, body).code == each.code);
    }
  }
  const Error newer = api::error_of(404, "{\"code\":\"brand_new\",\"detail\":\"said why\"}");
  CHECK(newer.code == Code::not_found);
  CHECK(newer.what == "said why");
}

}  // namespace
}  // namespace assay
