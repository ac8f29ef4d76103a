// Whom the market holds for a job: filters, terms, a draw that anybody can check. Pure; any thread.
// Source: reputation/policy/MATCHING.md.
#pragma once

#include "reputation/policy/match_draw.h"
#include "verifier/service/context.h"
#include "verifier/service/market.h"

namespace assay::verifier {

// What a match among 100,000 providers takes, and the next one again: for
// keep_freed_memory_up_to().
inline constexpr std::size_t kMatchMemoryBytes = std::size_t{32} << 20;

// How many candidates an explanation names.
inline constexpr std::size_t kExplainedMax = 1000;

struct Sifted {
  struct Step {
    std::string filter;
    std::size_t removed = 0;
  };
  std::size_t considered = 0;       // rows
  std::vector<Step> steps;          // in the order applied
  reputation::MatchPool pool;       // who is left
  std::vector<std::uint32_t> rows;  // of the pool, the places of their rows
  // The filter that removed the last; none: somebody is left, or nobody was there.
  std::optional<std::string> emptied_by() const;
};

// Called for a row that was removed, with its place and the filter's name, until it answers false.
using Removed = std::function<bool(std::uint32_t place, const std::string& filter)>;

// `filter` is the query of `ask`; the job would begin `now`. `removed` may be empty.
Sifted sift_market(const Market& market, const reputation::MatchAsk& ask,
                   const reputation::query::Query& filter, UnixMillis now,
                   const Removed& removed = {});

// The answer to POST /v1/match; its members are in api/openapi.yaml ("Match").
//   malformed    the body or its query: says where
Result<wire::Json> match_document(const Market& market, const std::string& body, UnixMillis now,
                                  const SignedHead& head, const SigningKey& vrf);

}  // namespace assay::verifier
