#include "api/client/problem.h"

#include <array>

#include "core/wire/json.h"

namespace assay::api {
namespace {

constexpr std::array kCodes = {
    Code::internal,     Code::usage,    Code::not_found,  Code::permission,   Code::network,
    Code::rate_limited, Code::conflict, Code::malformed,  Code::signature,    Code::no_evidence,
    Code::proof,        Code::unbound,  Code::mismatch,   Code::inconclusive, Code::stale,
    Code::equivocation, Code::storage,  Code::interrupted};

Code code_of_status(int status) {
  if (status == 404) return Code::not_found;
  if (status == 401 || status == 403) return Code::permission;
  if (status == 429) return Code::rate_limited;
  if (status == 408 || status >= 500) return Code::network;
  return status >= 400 ? Code::malformed : Code::network;
}

}  // namespace

Error error_of(int status, std::string_view body) {
  const Error by_status =
      fail(code_of_status(status), "the answer was HTTP " + std::to_string(status) +
                                       " without an explanation; is a verifier at this address?");
  const Result<wire::Json> json = wire::parse_json(body);
  if (!json.ok()) return by_status;
  const wire::Json* name = json.value().find("code");
  const wire::Json* detail = json.value().find("detail");
  if (name == nullptr || !name->is_string() || detail == nullptr || !detail->is_string() ||
      detail->as_string().empty()) {
    return by_status;
  }
  for (const Code code : kCodes) {
    if (name->as_string() == code_name(code)) return fail(code, detail->as_string());
  }
  return fail(by_status.code, detail->as_string());
}

}  // namespace assay::api
