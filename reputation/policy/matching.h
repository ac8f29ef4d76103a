// Whom a job is sent to, and why: filters, terms, a draw that can be audited. Pure; any thread;
// integers only. Source: reputation policy v1, "Matching". Vectors: vectors/matching/.
//
// Filters remove candidates in a fixed order and say so. Who is left has a value: seven terms of
// 0..1,000,000 ppm, weighted. The eighth, randomness, is the softmax over the values: a candidate
// whose value is `temperature` lower is drawn e times less often. Newcomers together get
// `newcomer_floor` of the draws at least, so that one can begin at all. The draw is 32 bytes that
// nobody chose (the VRF's output over the order): whoever has them and the candidates finds the
// same provider, in whatever order the candidates come.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/crypto/sha256.h"
#include "reputation/policy/audit_rate.h"
#include "reputation/policy/tiers.h"

namespace assay::reputation {

enum class Term : std::uint8_t {
  region,        // the renter's first choice is 1, the last of n is 1/n; 1 without a choice
  price_delta,   // how far below the renter's limit: (limit - price) / limit
  uptime,        // U
  reputation,    // T
  availability,  // free slots of all
  slash_rate,    // S, the slash factor: 1 is never slashed
  stake,         // K
  randomness,    // the probability of being drawn, as it came out
};
inline constexpr std::size_t kTerms = 8;
const char* term_name(Term term);  // "price delta", …

// In the order they are applied.
enum class Filter : std::uint8_t {
  tombstoned,
  jailed,       // uptime under 0.60 over 7 d
  unavailable,  // does not poll, or has no free slot
  gave_up,      // took this job before and let its deadline pass
  device_class,
  region,
  query,
  tier,
  price,
  exposure,
};
inline constexpr std::size_t kFilters = 10;
const char* filter_name(Filter filter);  // "device class", …

struct Candidate {
  Digest provider;  // no two the same
  std::string device_class;
  std::string region;
  std::uint64_t price = 0;  // what it asks for this job, in micros
  std::uint32_t trust_ppm = 0;
  std::uint32_t uptime_ppm = 0;
  std::uint32_t slash_ppm = 1'000'000;
  std::uint32_t stake_ppm = 0;
  Tier tier = Tier::entry;
  bool newcomer = false;  // no audit in the class yet
  bool tombstoned = false;
  bool jailed = false;
  bool gave_up = false;
  std::uint32_t free_slots = 0;
  std::uint32_t slots = 0;
  Exposure exposure;
  std::optional<std::string> failed_condition;  // of the renter's query, in words; none: it passes
};

struct MatchRequest {
  std::string device_class;
  std::vector<std::string> regions;  // most wanted first; empty: any
  std::uint64_t price_limit = 0;     // micros, for the whole job
  Tier tier_min = Tier::entry;
};

struct MatchWeights {
  // Of the first seven terms; not all 0.
  std::array<std::uint32_t, kTerms - 1> weights{10, 25, 10, 40, 5, 5, 5};
  std::uint32_t temperature_ppm = 50'000;     // the weight of the eighth; 0: always the best
  std::uint32_t newcomer_floor_ppm = 20'000;  // 10,000..50,000
};

struct Considered {
  Digest provider;
  std::optional<Filter> removed_by;
  std::string detail;                         // of a filter that has more to say
  std::array<std::uint32_t, kTerms> terms{};  // ppm; of those left
  std::uint32_t value_ppm = 0;
  std::uint64_t tickets = 0;  // of kTickets
};

inline constexpr std::uint64_t kTickets = 1'000'000'000'000;

struct Match {
  std::vector<Considered> candidates;  // by provider
  std::optional<std::size_t> chosen;   // its place there
  std::uint64_t ticket = 0;            // drawn of [0, kTickets); tickets run in order of candidates
  std::array<std::uint32_t, kFilters> removed{};  // how many each filter removed
  std::optional<Filter> emptied_by;  // where nobody is left: the filter that removed the last
};

Match match(const MatchRequest& request, const std::vector<Candidate>& candidates,
            const MatchWeights& weights, const Digest& randomness);

}  // namespace assay::reputation
