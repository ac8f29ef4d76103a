#include <algorithm>

#include "api/server/http.h"
#include "core/wire/error_report.h"

namespace assay::api {
namespace {

constexpr const char* kRetryAfterSeconds = "5";

const std::string* find_header(const std::vector<Header>& headers, std::string_view name) {
  const auto at = std::find_if(headers.begin(), headers.end(),
                               [&](const Header& header) { return header.first == name; });
  return at == headers.end() ? nullptr : &at->second;
}

}  // namespace

const std::string* Request::header(std::string_view name) const {
  return find_header(headers, name);
}
const std::string* Response::header(std::string_view name) const {
  return find_header(headers, name);
}

int status_of(Code code) {
  switch (code) {
    case Code::usage:
    case Code::malformed: return 400;
    case Code::signature: return 401;
    case Code::permission: return 403;
    case Code::not_found: return 404;
    case Code::conflict:
    case Code::equivocation: return 409;
    case Code::no_evidence:
    case Code::proof:
    case Code::unbound:
    case Code::mismatch:
    case Code::stale: return 422;
    case Code::rate_limited: return 429;
    case Code::network: return 502;
    case Code::storage:
    case Code::interrupted:
    case Code::inconclusive: return 503;
    case Code::internal: return 500;
  }
  return 500;
}

Response problem(const Error& error) {
  return problem(error, status_of(error.code));
}

wire::Json problem_json(const Error& error, int status) {
  return wire::Json::object({{"type", "about:blank"},
                             {"title", code_title(error.code)},
                             {"status", status},
                             {"detail", error.what},
                             {"code", code_name(error.code)},
                             {"retryable", wire::is_retryable(error.code)}});
}

Response problem(const Error& error, int status) {
  Response response{status, "application/problem+json", {}, problem_json(error, status).dump()};
  response.headers.push_back({"Cache-Control", "no-store"});
  if (status == 429 || status == 503) {
    response.headers.push_back({"Retry-After", kRetryAfterSeconds});
  }
  return response;
}

Response too_large(std::size_t bytes_max) {
  return problem(fail(Code::malformed,
                      "the body may have at most " + std::to_string(bytes_max) + " bytes here"),
                 413);
}

}  // namespace assay::api
