// HTTP as values: what a route gets and what it answers. No sockets here.
// Values and pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/wire/json.h"

namespace assay::api {

using Header = std::pair<std::string, std::string>;

struct Request {
  std::string method;
  std::string path;             // as sent, up to the '?'
  std::string query;            // as sent, after the '?'
  std::vector<Header> headers;  // names in lower case
  std::string body;
  std::string peer{};  // the address it came from; empty: nobody knows

  // The first header of this lower-case name, or null.
  const std::string* header(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type;
  std::vector<Header> headers;
  std::string body;  // of an answer to HEAD too; the transport leaves it out
  // Of a batch: the status of each answer in the body, in order. For the gate; not sent.
  std::vector<int> parts{};

  const std::string* header(std::string_view name) const;
};

// The status that an error is answered with: malformed 400, signature 401, permission 403,
// not_found 404, conflict and equivocation 409, no_evidence, proof, unbound, mismatch and stale
// 422, rate_limited 429, network 502, storage and inconclusive 503, anything else 500.
int status_of(Code code);

// RFC 9457: {type, title, status, detail, code, retryable}. `code` is stable and says all that a
// program needs; api/client turns it back into the Error. 429 and 503 carry Retry-After.
Response problem(const Error& error);
Response problem(const Error& error, int status);
wire::Json problem_json(const Error& error, int status);
// 413: the body may have at most so many bytes.
Response too_large(std::size_t bytes_max);

}  // namespace assay::api
