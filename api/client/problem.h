// A server's refusal, back as the Error it was.
// Pure; any thread.
#pragma once

#include <string_view>

#include "core/base/result.h"

namespace assay::api {

// The Error in a problem document (RFC 9457 with our `code`). Anything else, such as an edge's own
// page, is judged by its status: 404 not_found, 401 and 403 permission, 408 and 5xx network, 429
// rate_limited, other 4xx malformed.
Error error_of(int status, std::string_view body);

}  // namespace assay::api
