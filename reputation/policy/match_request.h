// What a renter asks of a match: the body of POST /v1/match, read strictly, and its one spelling,
// which the draw is bound to. Values; any thread. Members: MATCHING.md. Vectors:
// vectors/match_draw/.
#pragma once

#include <string>

#include "reputation/policy/matching.h"

namespace assay::reputation {

inline constexpr std::uint32_t kMatchCountMax = 64;
inline constexpr std::uint32_t kMatchWeightMax = 1000;
inline constexpr std::uint32_t kMatchDurationMaxSeconds = 31 * 86'400;
inline constexpr std::size_t kMatchRegionsMax = 32;
inline constexpr std::size_t kMatchQueryBytesMax = 1024;
inline constexpr std::size_t kMatchRequestBytesMax = 16'384;

struct MatchAsk {
  std::string query;  // a filter by reputation/query/GRAMMAR.md; empty: everybody
  std::string
      workload;  // "gemm@1": who never did it takes part as a newcomer; empty: whatever class
  MatchRequest request;
  std::uint32_t duration_seconds = 3600;  // of the job: what is asked per hour is priced by it
  std::uint32_t count = 1;                // of providers
  MatchWeights weights;
  Digest nonce;  // of the renter's choosing, so that nobody else chooses the draw
  // How to answer; no part of what is drawn for.
  bool explain = false;  // every term of every candidate, and what removed whom
  bool pool = false;     // all who took part in the draw
  bool operator==(const MatchAsk&) const = default;
};

// All members of what is drawn for, in one order, without spaces.
std::string match_request_text(const MatchAsk& ask);

//   malformed    not the schema, a member that is not known, a number outside its range, or a
//                workload without its version; the query is not looked into
Result<MatchAsk> parse_match_request(std::string_view body);

// What a provider that asks so much per hour asks for the job, rounded up: the renter's limit where
// it asks nothing, and 0 where there is none.
std::uint64_t job_price(std::uint64_t asked_per_hour, const MatchAsk& ask);

}  // namespace assay::reputation
