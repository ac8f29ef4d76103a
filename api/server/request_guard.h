// What is refused by the head of a request alone, before a byte of its body is read. The HTTP
// library accepts each of these and is exhausted or confused by it.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "api/server/http.h"

namespace assay::api {

inline constexpr std::size_t kTargetBytesMax = 2048;

// The Content-Length, when there is exactly one and it is a plain number; 0 when there is none.
//   malformed    several, or anything but digits
Result<std::uint64_t> content_length(const Request& head);

//   400   not exactly one Host, a bad or repeated Content-Length, a path that does not begin with
//         '/', has an escape in it, or anything but printable ASCII
//   411   Transfer-Encoding, or a POST, PUT or PATCH without Content-Length
//   413   a body longer than body_max
//   414   a target longer than kTargetBytesMax
//   415   Content-Encoding, or a multipart form
//   416   Range
std::optional<Response> refuse(const Request& head, std::size_t body_max);

}  // namespace assay::api
