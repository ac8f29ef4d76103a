// How an error is told, by every program alike: one line for people, one object for programs.
// The exit code of an error is its Code (core/base/result.h).
// Functions of values; any thread.
#pragma once

#include <string>
#include <string_view>

#include "core/base/random.h"
#include "core/base/result.h"
#include "core/wire/json.h"

namespace assay::wire {

// Whether the same attempt may succeed later: network, rate_limited, storage, inconclusive,
// interrupted.
bool is_retryable(Code code);

// The text without control characters, so that nobody else's bytes steer a terminal.
std::string printable(std::string_view text);

// "error (malformed input): what was wrong", printable, "error" in red with `color`; no line feed.
std::string error_line(const Error& error, bool color);

// {"code","title","detail","retryable","trace_id"}. The trace id is random, 16 hex digits: a name
// for this one failure.
Json error_json(const Error& error, Random& random);

}  // namespace assay::wire
