#include "api/client/problem.h"

#include <array>

#include "core/wire/error_report.h"
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

// A server's words, fit for a terminal: not all of a long text, no control characters.
std::string shown(std::string_view detail) {
  constexpr std::size_t kMost = 1000;
  if (detail.size() <= kMost) return wire::printable(detail);
  std::size_t end = kMost;
  while ((static_cast<unsigned char>(detail[end]) & 0xC0) == 0x80) --end;  // whole code points
  return wire::printable(detail.substr(0, end)) + "…";
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
    if (name->as_string() == code_name(code)) return fail(code, shown(detail->as_string()));
  }
  return fail(by_status.code, shown(detail->as_string()));
}

}  // namespace assay::api
