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
#include <span>
#include <string>
#include <vector>

#include "core/crypto/sha256.h"
#include "reputation/policy/audit_rate.h"
#include "reputation/policy/fixed.h"
#include "reputation/policy/tiers.h"

namespace assay::reputation {

enum class Term : std::uint8_t {
  region,        // the renter's first choice is 1, the last of n is 1/n; 1 without a choice
  price_delta,   // how far below the renter's limit: (limit - price) / limit; 0 without a limit
  uptime,        // U
  reputation,    // T
  availability,  // free slots of all
  slash_rate,    // S, the slash factor: 1 is never slashed
  stake,         // K
  randomness,    // the probability of being drawn, as it came out
};
inline constexpr std::size_t kTerms = 8;
using Terms = std::array<std::uint32_t, kTerms>;
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

// What every candidate is looked at for stands at the end, in few lines of memory.
struct Candidate {
  Digest provider;  // no two the same
  std::string device_class;
  std::string region;
  std::optional<std::string> failed_condition;  // of the renter's query, in words; none: it passes
  std::uint64_t price = 0;                      // what it asks for this job, in micros
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
};

struct MatchRequest {
  std::string device_class;          // empty: any
  std::vector<std::string> regions;  // most wanted first; empty: any
  // Micros, for the whole job; none: any price, and the price makes no difference.
  std::optional<std::uint64_t> price_limit;
  Tier tier_min = Tier::entry;
  bool operator==(const MatchRequest&) const = default;
};

// Why this candidate cannot be given the job at that price; none: it can.
std::optional<Filter> removed_by(const MatchRequest& request, const Candidate& candidate,
                                 std::uint64_t price);

struct MatchWeights {
  // Of the first seven terms; not all 0.
  std::array<std::uint32_t, kTerms - 1> weights{10, 25, 10, 40, 5, 5, 5};
  std::uint32_t temperature_ppm = 50'000;     // the weight of the eighth; 0: always the best
  std::uint32_t newcomer_floor_ppm = 20'000;  // 10,000..50,000
  bool operator==(const MatchWeights&) const = default;
};
inline constexpr std::uint32_t kNewcomerFloorMinPpm = 10'000;
inline constexpr std::uint32_t kNewcomerFloorMaxPpm = 50'000;

// What candidates are worth to one request; made once for many of them.
class MatchScales {
 public:
  MatchScales(const MatchRequest& request, const MatchWeights& weights);

  // The first seven terms of one that can be given the job at that price; the eighth, which is of
  // the draw, is 0.
  Terms terms(const Candidate& candidate, std::uint64_t price) const;
  // The weighted mean of the first seven.
  std::uint32_t value(const Terms& terms) const;

 private:
  const MatchRequest& request_;  // outlives this
  const MatchWeights weights_;
  const std::uint64_t limit_;
  const Divisor by_limit_;
  const Divisor by_weights_;
};

// Who takes part in a draw.
struct Entrant {
  std::uint32_t value_ppm = 0;
  bool newcomer = false;
  bool operator==(const Entrant&) const = default;
};
inline constexpr std::uint64_t kTickets = 1'000'000'000'000;
std::uint32_t chance_ppm(std::uint64_t tickets);  // the eighth term

// How many of kTickets each gets: the softmax over the values, and for newcomers together their
// floor. What does not divide goes to the best, the first of them. Entrants: one or more.
std::vector<std::uint64_t> share_tickets(std::span<const Entrant> entrants,
                                         const MatchWeights& weights);

// The places of `count` entrants, or of all where they are fewer, in the order drawn. Each draw is
// a number of DrawStream(seed) below the tickets that are left, which run in order of the entrants
// that are not drawn yet; when no ticket is left, the best of them, the first of those alike.
std::vector<std::size_t> draw_entrants(std::span<const Entrant> entrants,
                                       std::span<const std::uint64_t> tickets, const Digest& seed,
                                       std::size_t count);

struct Considered {
  Digest provider;
  std::optional<Filter> removed_by;
  std::string detail;  // of a filter that has more to say
  Terms terms{};       // ppm; of those left
  std::uint32_t value_ppm = 0;
  std::uint64_t tickets = 0;  // of kTickets
};

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
