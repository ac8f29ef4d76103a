#include "api/server/request_guard.h"

#include <algorithm>

#include "core/wire/json.h"

namespace assay::api {
namespace {

std::size_t count(const Request& head, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(head.headers.begin(), head.headers.end(),
                    [&](const Header& header) { return header.first == name; }));
}

Response refusal(int status, std::string why) {
  return problem(fail(Code::malformed, std::move(why)), status);
}

bool is_plain_path(std::string_view path) {
  return path.starts_with('/') && std::all_of(path.begin(), path.end(), [](char c) {
           return c > ' ' && c <= '~' && c != '%';
         });
}

bool sends_a_body(const std::string& method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

bool is_multipart(const Request& head) {
  const std::string* type = head.header("content-type");
  if (type == nullptr) return false;
  std::string lower = type->substr(0, 10);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower.starts_with("multipart/");
}

}  // namespace

Result<std::uint64_t> content_length(const Request& head) {
  const std::size_t given = count(head, "content-length");
  if (given == 0) return std::uint64_t{0};
  const Result<std::uint64_t> length = wire::parse_u64(*head.header("content-length"));
  if (given > 1 || !length.ok()) {
    return fail(Code::malformed, "one Content-Length, a plain decimal number, is needed");
  }
  return length;
}

std::optional<Response> refuse(const Request& head, std::size_t body_max) {
  if (head.path.size() + head.query.size() > kTargetBytesMax) {
    return refusal(414,
                   "the request's target is over " + std::to_string(kTargetBytesMax) + " bytes");
  }
  if (!is_plain_path(head.path)) {
    return refusal(400, "a path here begins with '/', is printable ASCII and needs no escapes");
  }
  if (count(head, "host") != 1) return refusal(400, "exactly one Host header is needed");
  if (count(head, "transfer-encoding") > 0) {
    return refusal(411, "send the body with a Content-Length, not chunked");
  }
  const Result<std::uint64_t> length = content_length(head);
  if (!length.ok()) return refusal(400, length.error().what);
  if (sends_a_body(head.method) && count(head, "content-length") == 0) {
    return refusal(411, "a Content-Length is needed");
  }
  if (count(head, "content-encoding") > 0) {
    return refusal(415, "send the body as it is, without Content-Encoding");
  }
  if (is_multipart(head)) return refusal(415, "send the bytes themselves, not a multipart form");
  if (count(head, "range") > 0) return refusal(416, "ranges are not served");
  if (length.value() > body_max) {
    return refusal(413, body_max == 0 ? "no body belongs to this request"
                                      : "the body may have at most " + std::to_string(body_max) +
                                            " bytes here");
  }
  return std::nullopt;
}

}  // namespace assay::api
