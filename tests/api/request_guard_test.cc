#include "api/server/request_guard.h"

#include "tests/catch.h"

namespace assay {
namespace {

using api::Header;
using api::Request;

Request request(std::string method, std::vector<Header> headers, std::string path = "/v1/jobs") {
  headers.push_back({"host", "verifier"});
  return {std::move(method), std::move(path), "", std::move(headers), ""};
}

int refused_with(const Request& head, std::size_t body_max = 100) {
  const std::optional<api::Response> response = api::refuse(head, body_max);
  return response ? response->status : 0;
}

TEST_CASE("what the head alone decides") {
  struct Case {
    const char* what;
    Request head;
    int status;  // 0: goes on
  };
  const Case cases[] = {
      {"a plain GET", request("GET", {}), 0},
      {"a body within its limit", request("POST", {{"content-length", "100"}}), 0},
      {"an empty body, said", request("POST", {{"content-length", "0"}}), 0},
      {"DELETE without a body", request("DELETE", {}), 0},
      {"one byte too many", request("POST", {{"content-length", "101"}}), 413},
      {"no length", request("POST", {}), 411},
      {"no length, PUT", request("PUT", {}), 411},
      {"chunked", request("POST", {{"transfer-encoding", "chunked"}}), 411},
      {"chunked and a length",
       request("POST", {{"transfer-encoding", "chunked"}, {"content-length", "5"}}), 411},
      {"identity", request("GET", {{"transfer-encoding", "identity"}}), 411},
      {"two lengths that agree",
       request("POST", {{"content-length", "5"}, {"content-length", "5"}}), 400},
      {"two lengths that differ",
       request("POST", {{"content-length", "5"}, {"content-length", "6"}}), 400},
      {"a list of lengths", request("POST", {{"content-length", "5, 5"}}), 400},
      {"a signed length", request("POST", {{"content-length", "+5"}}), 400},
      {"a negative length", request("POST", {{"content-length", "-1"}}), 400},
      {"a hexadecimal length", request("POST", {{"content-length", "0x5"}}), 400},
      {"an empty length", request("POST", {{"content-length", ""}}), 400},
      {"a length beyond 64 bits", request("POST", {{"content-length", "18446744073709551616"}}),
       400},
      {"gzip", request("POST", {{"content-encoding", "gzip"}, {"content-length", "5"}}), 415},
      {"a form with files",
       request("POST",
               {{"content-type", "Multipart/Form-Data; boundary=x"}, {"content-length", "5"}}),
       415},
      {"curl's own content type",
       request("POST",
               {{"content-type", "application/x-www-form-urlencoded"}, {"content-length", "5"}}),
       0},
      {"a range", request("GET", {{"range", "bytes=0-0"}}), 416},
      {"two hosts", request("GET", {{"host", "other"}}), 400},
      {"an escape", request("GET", {}, "/v1/%6aobs"), 400},
      {"a control character", request("GET", {}, "/v1/jobs/\x1b[31m"), 400},
      {"beyond ASCII", request("GET", {}, "/v1/jobs/\xC2\x9B"), 400},
      {"a whole address", request("GET", {}, "http://other/"), 400},
      {"no path", request("GET", {}, "*"), 400},
      {"a long path", request("GET", {}, "/" + std::string(api::kTargetBytesMax, 'x')), 414},
  };
  for (const Case& each : cases) {
    INFO(each.what);
    CHECK(refused_with(each.head) == each.status);
  }
  CHECK(refused_with({"GET", "/", "", {}, ""}) == 400);  // no host
  CHECK(refused_with(request("GET", {{"content-length", "1"}}), 0) == 413);
}

TEST_CASE("the length of a body is what one plain number says") {
  CHECK(api::content_length(request("GET", {})).value() == 0);
  CHECK(api::content_length(request("GET", {{"content-length", "12"}})).value() == 12);
  CHECK_FALSE(api::content_length(request("GET", {{"content-length", "12 "}})).ok());
}

}  // namespace
}  // namespace assay
