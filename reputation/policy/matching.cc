#include "reputation/policy/matching.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/wire/draw.h"

namespace assay::reputation {
namespace {

constexpr std::uint32_t kMillion = 1'000'000;
constexpr Q30 kLog2E = 1'549'082'005;

std::uint32_t share_ppm(std::uint64_t part, std::uint64_t whole) {
  return static_cast<std::uint32_t>(Wide{part} * kMillion / whole);
}

// The place of the candidate's region among those wanted; their number where it is not.
std::size_t wish_of(const MatchRequest& request, const Candidate& candidate) {
  const auto& wanted = request.regions;
  return static_cast<std::size_t>(std::find(wanted.begin(), wanted.end(), candidate.region) -
                                  wanted.begin());
}

struct Removal {
  Filter filter;
  std::string detail;
};

std::optional<Removal> removal_of(const MatchRequest& request, const Candidate& it) {
  if (it.tombstoned) return Removal{Filter::tombstoned, ""};
  if (it.jailed) return Removal{Filter::jailed, ""};
  if (it.free_slots == 0 || it.free_slots > it.slots) return Removal{Filter::unavailable, ""};
  if (it.gave_up) return Removal{Filter::gave_up, ""};
  if (it.device_class != request.device_class) {
    return Removal{Filter::device_class, it.device_class};
  }
  if (!request.regions.empty() && wish_of(request, it) == request.regions.size()) {
    return Removal{Filter::region, it.region};
  }
  if (it.failed_condition) return Removal{Filter::query, *it.failed_condition};
  if (it.tier < request.tier_min) {
    return Removal{Filter::tier, std::string(tier_name(it.tier))};
  }
  if (it.price > request.price_limit) return Removal{Filter::price, ""};
  if (const auto limit = exposure_limit(it.exposure, it.price, it.tier)) {
    return Removal{Filter::exposure, exposure_limit_name(*limit)};
  }
  return std::nullopt;
}

std::array<std::uint32_t, kTerms> terms_of(const MatchRequest& request, const Candidate& it) {
  const std::size_t wanted = request.regions.size();
  const std::uint32_t region =
      wanted == 0 ? kMillion : share_ppm(wanted - wish_of(request, it), wanted);
  const std::uint32_t delta =
      request.price_limit == 0 ? 0 : share_ppm(request.price_limit - it.price, request.price_limit);
  return {region,
          delta,
          it.uptime_ppm,
          it.trust_ppm,
          share_ppm(it.free_slots, it.slots),
          it.slash_ppm,
          it.stake_ppm,
          0};
}

std::uint32_t value_of(const std::array<std::uint32_t, kTerms>& terms, const MatchWeights& by) {
  std::uint64_t sum = 0;
  std::uint64_t weights = 0;
  for (std::size_t i = 0; i < by.weights.size(); ++i) {
    sum += std::uint64_t{terms[i]} * by.weights[i];
    weights += by.weights[i];
  }
  ASSAY_CHECK(weights > 0, "a match weighs at least one term");
  return static_cast<std::uint32_t>(sum / weights);
}

// exp(-below / temperature) in Q30.
Q30 softmax_weight(std::uint32_t below_ppm, std::uint32_t temperature_ppm) {
  if (temperature_ppm == 0) return below_ppm == 0 ? kOne : 0;
  const Wide exponent = multiply(Wide{below_ppm} * kOne / temperature_ppm, kLog2E);
  return exp2_negative(static_cast<Q30>(exponent));
}

struct Entrant {
  Considered* it;
  bool newcomer;
  Q30 weight;
};

// Gives out `tickets` among entrants in proportion to their weights; what does not divide goes to
// the heaviest, the first of them.
void give_out(const std::vector<Entrant*>& entrants, std::uint64_t tickets) {
  Wide whole = 0;
  for (const Entrant* entrant : entrants) whole += entrant->weight;
  std::uint64_t left = tickets;
  for (const Entrant* entrant : entrants) {
    entrant->it->tickets = static_cast<std::uint64_t>(Wide{tickets} * entrant->weight / whole);
    left -= entrant->it->tickets;
  }
  const auto heaviest =
      std::max_element(entrants.begin(), entrants.end(),
                       [](const Entrant* a, const Entrant* b) { return a->weight < b->weight; });
  (*heaviest)->it->tickets += left;
}

// Weights relative to the best value of the given entrants, so that one of them is never 0.
void weigh(const std::vector<Entrant*>& entrants, std::uint32_t temperature_ppm) {
  std::uint32_t best = 0;
  for (const Entrant* entrant : entrants) best = std::max(best, entrant->it->value_ppm);
  for (Entrant* entrant : entrants) {
    entrant->weight = softmax_weight(best - entrant->it->value_ppm, temperature_ppm);
  }
}

void share_tickets(std::vector<Entrant>& entrants, const MatchWeights& by) {
  std::vector<Entrant*> all;
  std::vector<Entrant*> newcomers;
  std::vector<Entrant*> others;
  for (Entrant& entrant : entrants) {
    all.push_back(&entrant);
    (entrant.newcomer ? newcomers : others).push_back(&entrant);
  }
  weigh(all, by.temperature_ppm);
  give_out(all, kTickets);
  if (newcomers.empty() || others.empty()) return;
  std::uint64_t had = 0;
  for (const Entrant* entrant : newcomers) had += entrant->it->tickets;
  const std::uint64_t floor = kTickets / kMillion * by.newcomer_floor_ppm;
  if (had >= floor) return;
  weigh(newcomers, by.temperature_ppm);
  give_out(newcomers, floor);
  weigh(others, by.temperature_ppm);
  give_out(others, kTickets - floor);
}

// A store hands providers over in this order already; else a key of 8 bytes spares most looks at
// the whole id.
std::vector<const Candidate*> by_provider(const std::vector<Candidate>& candidates) {
  struct Keyed {
    std::uint64_t key;
    const Candidate* it;
  };
  std::vector<Keyed> keyed;
  keyed.reserve(candidates.size());
  for (const Candidate& it : candidates)
    keyed.push_back({Reader(it.provider.view()).u64_be(), &it});
  const auto before = [](const Keyed& a, const Keyed& b) {
    return a.key != b.key ? a.key < b.key : a.it->provider < b.it->provider;
  };
  if (!std::is_sorted(keyed.begin(), keyed.end(), before)) {
    std::sort(keyed.begin(), keyed.end(), before);
  }
  std::vector<const Candidate*> sorted;
  sorted.reserve(keyed.size());
  for (const Keyed& entry : keyed) sorted.push_back(entry.it);
  return sorted;
}

}  // namespace

const char* term_name(Term term) {
  constexpr std::array<const char*, kTerms> kNames{"region",     "price delta",  "uptime",
                                                   "reputation", "availability", "slash rate",
                                                   "stake",      "randomness"};
  return kNames[static_cast<std::size_t>(term)];
}

const char* filter_name(Filter filter) {
  constexpr std::array<const char*, kFilters> kNames{
      "tombstoned", "jailed", "unavailable", "gave up", "device class",
      "region",     "query",  "tier",        "price",   "exposure"};
  return kNames[static_cast<std::size_t>(filter)];
}

Match match(const MatchRequest& request, const std::vector<Candidate>& candidates,
            const MatchWeights& weights, const Digest& randomness) {
  const std::vector<const Candidate*> sorted = by_provider(candidates);
  Match result;
  result.candidates.resize(sorted.size());
  std::vector<Entrant> entrants;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    Considered& it = result.candidates[i];
    it.provider = sorted[i]->provider;
    if (std::optional<Removal> removal = removal_of(request, *sorted[i])) {
      it.removed_by = removal->filter;
      it.detail = std::move(removal->detail);
      ++result.removed[static_cast<std::size_t>(removal->filter)];
      result.emptied_by = std::max(result.emptied_by.value_or(removal->filter), removal->filter);
      continue;
    }
    it.terms = terms_of(request, *sorted[i]);
    it.value_ppm = value_of(it.terms, weights);
    entrants.push_back({&it, sorted[i]->newcomer, 0});
  }
  if (entrants.empty()) return result;
  result.emptied_by.reset();

  share_tickets(entrants, weights);
  result.ticket = wire::DrawStream(randomness).below(kTickets);
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < result.candidates.size(); ++i) {
    Considered& it = result.candidates[i];
    it.terms[static_cast<std::size_t>(Term::randomness)] =
        static_cast<std::uint32_t>(it.tickets / (kTickets / kMillion));
    if (!result.chosen && result.ticket < passed + it.tickets) result.chosen = i;
    passed += it.tickets;
  }
  return result;
}

}  // namespace assay::reputation
