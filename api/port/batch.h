// Several attestations in one request: {"envelopes":[ENVELOPE,…]}. Client and server share how it
// is framed; what stands in it is sent and read byte for byte, never parsed and written again.
// Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace assay::api {

inline constexpr std::size_t kBatchMax = 100;  // envelopes
// All of it: 10 KiB for each, where an ordinary attestation is an envelope of 1 to 2 KB.
inline constexpr std::size_t kBatchBodyBytesMax = std::size_t{1} << 20;

//   malformed    none, or more than kBatchMax
Status check_batch(std::size_t envelopes);

// Whether `text` is one JSON object, as far as its brackets and strings say, with nothing but space
// around it: then it can stand in a batch without a hold on what stands beside it.
bool stands_alone(std::string_view text);

// {"envelopes":[…]}. Each must stand alone, which is the caller's to look at.
std::string batch_text(std::span<const std::string> envelopes);

// Whether this body is meant as a batch: an object whose first member is "envelopes". An envelope
// alone may have members that nobody knows, but begins with another one.
bool is_batch(std::string_view body);

// The envelopes of a batch, in order: each exactly the bytes that stand in `body`, which they point
// into. Only the frame around them is read here; one that is no JSON, or no envelope, is refused
// when it is parsed, and harms no other.
//   malformed    other members, a list of anything but objects, none of them, more than kBatchMax,
//                or anything after it; says at which byte
Result<std::vector<std::string_view>> parse_batch(std::string_view body);

}  // namespace assay::api
