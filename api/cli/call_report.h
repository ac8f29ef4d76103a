// What --explain, --curl and --dry-run make of a client's HTTP calls.
// One thread at a time.
#pragma once

#include <optional>
#include <string>

#include "api/cli/console.h"
#include "api/client/call_watch.h"

namespace assay::cli {

struct ShownCalls {
  bool explain = false;
  bool curl = false;
  bool dry_run = false;
};

// A call that --dry-run kept back.
struct HeldCall {
  std::string method;
  std::string url;
  std::string content_type;
  Bytes body;
};

// `held` is filled, the console hushed and the call refused when --dry-run meets one that changes
// something. Both must outlive the watch.
api::CallWatch watch_calls(Console& console, const ShownCalls& shown,
                           std::optional<HeldCall>& held);

// Shows what was kept back, as the command's result. Returns the exit code.
int show_held(Console& console, const HeldCall& held);

// The call as a command for a POSIX shell. A body that is long or no text is named by its length
// and digest.
std::string curl_text(const api::OutgoingCall& call);

}  // namespace assay::cli
