// Looks on at the HTTP calls of a client: for --explain, --curl and --dry-run.
// Values; what is called runs on the caller's thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace assay::api {

struct OutgoingCall {
  std::string_view method;
  std::string url;  // whole
  ByteView body;
  std::string_view content_type;
  bool changes = false;  // something at the verifier, if it is made
};

struct CallOutcome {
  int status = 0;  // 0: no answer
  std::size_t bytes = 0;
  std::int64_t took_ms = 0;
};

struct CallWatch {
  // Before a call is made. An error is the call's answer then, and nothing is sent.
  std::function<Status(const OutgoingCall&)> before;
  std::function<void(const CallOutcome&)> after;
};

}  // namespace assay::api
