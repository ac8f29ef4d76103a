#include "reputation/policy/matching.h"

#include <algorithm>
#include <limits>

#include "core/base/check.h"
#include "core/wire/draw.h"

namespace assay::reputation {
namespace {

constexpr std::uint32_t kMillion = 1'000'000;
constexpr Q30 kLog2E = 1'549'082'005;
constexpr Q30 kNever = 64 * kOne;  // 2^-64 is 0 in Q30

constexpr std::uint64_t kMillionFits = std::numeric_limits<std::uint64_t>::max() / kMillion;

std::uint32_t share_ppm(std::uint64_t part, std::uint64_t whole) {
  if (part <= kMillionFits) return static_cast<std::uint32_t>(part * kMillion / whole);
  return static_cast<std::uint32_t>(Wide{part} * kMillion / whole);
}

std::uint64_t sum_of(std::span<const std::uint32_t> weights) {
  std::uint64_t sum = 0;
  for (const std::uint32_t weight : weights) sum += weight;
  ASSAY_CHECK(sum > 0, "a match weighs at least one term");
  return sum;
}

// The place of the candidate's region among those wanted; their number where it is not.
std::size_t wish_of(const MatchRequest& request, const Candidate& candidate) {
  const auto& wanted = request.regions;
  return static_cast<std::size_t>(std::find(wanted.begin(), wanted.end(), candidate.region) -
                                  wanted.begin());
}

// What a filter has to say about the one that it removed.
std::string detail_of(Filter filter, const Candidate& it, std::uint64_t price) {
  switch (filter) {
    case Filter::device_class: return it.device_class;
    case Filter::region: return it.region;
    case Filter::query: return it.failed_condition.value_or("");
    case Filter::tier: return std::string(tier_name(it.tier));
    case Filter::exposure: {
      const auto limit = exposure_limit(it.exposure, price, it.tier);
      return limit ? exposure_limit_name(*limit) : "";
    }
    default: return "";
  }
}

// Some of the entrants: whether it is one of them, of a newcomer or not.
enum class Group : std::uint8_t { all, newcomers, others };

bool is_in(Group group, const Entrant& entrant) {
  return group == Group::all || entrant.newcomer == (group == Group::newcomers);
}

std::uint32_t best_of(std::span<const Entrant> entrants, Group group) {
  std::uint32_t best = 0;
  for (const Entrant& it : entrants) {
    if (is_in(group, it)) best = std::max(best, it.value_ppm);
  }
  return best;
}

// Weights of a group, exp(-below / temperature) in Q30, `below` the best value of the group, so
// that one of them is never 0.
void weigh(std::span<const Entrant> entrants, Group group, std::uint32_t temperature_ppm,
           std::vector<Q30>& weights) {
  const std::uint32_t best = best_of(entrants, group);
  std::vector<Q30> exponents;
  exponents.reserve(entrants.size());
  const Divisor by_temperature(std::max<std::uint32_t>(temperature_ppm, 1));
  for (const Entrant& it : entrants) {
    if (!is_in(group, it)) continue;
    const Q30 below = best - it.value_ppm;
    if (temperature_ppm == 0) {
      exponents.push_back(below == 0 ? 0 : kNever);
    } else {
      exponents.push_back(static_cast<Q30>(multiply(by_temperature.divide(below * kOne), kLog2E)));
    }
  }
  exp2_negative(exponents);
  auto next = exponents.begin();
  for (std::size_t i = 0; i < entrants.size(); ++i) {
    if (is_in(group, entrants[i])) weights[i] = *next++;
  }
}

// Gives out so many tickets in a group in proportion to the weights; what does not divide goes to
// the heaviest, the first of them.
void give_out(std::span<const Entrant> entrants, Group group, const std::vector<Q30>& weights,
              std::uint64_t give, std::vector<std::uint64_t>& tickets) {
  std::uint64_t whole = 0;  // 2^34 entrants would overflow it
  for (std::size_t i = 0; i < entrants.size(); ++i) {
    if (is_in(group, entrants[i])) whole += weights[i];
  }
  // What a weight of one is given, rounded down: of a weight of at most one that is the share or
  // one less, and no division for each.
  const auto of_one = static_cast<std::uint64_t>((Wide{give} << 30) / whole);
  std::uint64_t left = give;
  std::optional<std::size_t> heaviest;
  for (std::size_t i = 0; i < entrants.size(); ++i) {
    if (!is_in(group, entrants[i])) continue;
    tickets[i] = static_cast<std::uint64_t>(multiply(of_one, weights[i]));
    if (give * weights[i] - tickets[i] * whole >= whole) ++tickets[i];  // modulo 2^64: it is small
    left -= tickets[i];
    if (!heaviest || weights[i] > weights[*heaviest]) heaviest = i;
  }
  tickets[*heaviest] += left;
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

std::uint32_t chance_ppm(std::uint64_t tickets) {
  return static_cast<std::uint32_t>(tickets / (kTickets / kMillion));
}

const char* filter_name(Filter filter) {
  constexpr std::array<const char*, kFilters> kNames{
      "tombstoned", "jailed", "unavailable", "gave up", "device class",
      "region",     "query",  "tier",        "price",   "exposure"};
  return kNames[static_cast<std::size_t>(filter)];
}

std::optional<Filter> removed_by(const MatchRequest& request, const Candidate& it,
                                 std::uint64_t price) {
  if (it.tombstoned) return Filter::tombstoned;
  if (it.jailed) return Filter::jailed;
  if (it.free_slots == 0 || it.free_slots > it.slots) return Filter::unavailable;
  if (it.gave_up) return Filter::gave_up;
  if (!request.device_class.empty() && it.device_class != request.device_class) {
    return Filter::device_class;
  }
  if (!request.regions.empty() && wish_of(request, it) == request.regions.size()) {
    return Filter::region;
  }
  if (it.failed_condition) return Filter::query;
  if (it.tier < request.tier_min) return Filter::tier;
  if (request.price_limit && price > *request.price_limit) return Filter::price;
  if (exposure_limit(it.exposure, price, it.tier)) return Filter::exposure;
  return std::nullopt;
}

MatchScales::MatchScales(const MatchRequest& request, const MatchWeights& weights)
    : request_(request),
      weights_(weights),
      limit_(request.price_limit.value_or(0)),
      by_limit_(std::max<std::uint64_t>(limit_, 1)),
      by_weights_(sum_of(weights.weights)) {}

Terms MatchScales::terms(const Candidate& it, std::uint64_t price) const {
  const std::size_t wanted = request_.regions.size();
  const std::uint32_t region =
      wanted == 0 ? kMillion : share_ppm(wanted - wish_of(request_, it), wanted);
  std::uint32_t delta = 0;
  if (limit_ != 0) {
    const std::uint64_t below = limit_ - price;
    delta = below <= kMillionFits ? static_cast<std::uint32_t>(by_limit_.divide(below * kMillion))
                                  : share_ppm(below, limit_);
  }
  const bool all_free = it.free_slots == it.slots;
  return {region,
          delta,
          it.uptime_ppm,
          it.trust_ppm,
          all_free ? kMillion : share_ppm(it.free_slots, it.slots),
          it.slash_ppm,
          it.stake_ppm,
          0};
}

std::uint32_t MatchScales::value(const Terms& terms) const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < weights_.weights.size(); ++i) {
    sum += std::uint64_t{terms[i]} * weights_.weights[i];
  }
  return static_cast<std::uint32_t>(by_weights_.divide(sum));
}

std::vector<std::uint64_t> share_tickets(std::span<const Entrant> entrants,
                                         const MatchWeights& by) {
  ASSAY_CHECK(!entrants.empty(), "tickets are for somebody");
  std::vector<Q30> weights(entrants.size());
  std::vector<std::uint64_t> tickets(entrants.size());
  weigh(entrants, Group::all, by.temperature_ppm, weights);
  give_out(entrants, Group::all, weights, kTickets, tickets);
  std::uint64_t had = 0;
  std::size_t newcomers = 0;
  for (std::size_t i = 0; i < entrants.size(); ++i) {
    if (!entrants[i].newcomer) continue;
    ++newcomers;
    had += tickets[i];
  }
  const std::uint64_t floor = kTickets / kMillion * by.newcomer_floor_ppm;
  if (newcomers == 0 || newcomers == entrants.size() || had >= floor) return tickets;
  // The others' weights are right already where the best of all is one of them.
  const bool others_best = best_of(entrants, Group::others) == best_of(entrants, Group::all);
  weigh(entrants, Group::newcomers, by.temperature_ppm, weights);
  if (!others_best) weigh(entrants, Group::others, by.temperature_ppm, weights);
  give_out(entrants, Group::newcomers, weights, floor, tickets);
  give_out(entrants, Group::others, weights, kTickets - floor, tickets);
  return tickets;
}

std::vector<std::size_t> draw_entrants(std::span<const Entrant> entrants,
                                       std::span<const std::uint64_t> tickets, const Digest& seed,
                                       std::size_t count) {
  ASSAY_CHECK(tickets.size() == entrants.size(), "every entrant has tickets, if none");
  wire::DrawStream stream(seed);
  std::vector<std::size_t> drawn;
  std::vector<bool> is_drawn(entrants.size());
  std::uint64_t left = kTickets;
  while (drawn.size() < std::min(count, entrants.size())) {
    std::optional<std::size_t> place;
    if (left > 0) {
      std::uint64_t ticket = stream.below(left);
      for (std::size_t i = 0; i < entrants.size() && !place; ++i) {
        if (is_drawn[i]) continue;
        if (ticket < tickets[i]) place = i;
        ticket -= std::min(ticket, tickets[i]);
      }
    } else {
      for (std::size_t i = 0; i < entrants.size(); ++i) {
        if (is_drawn[i]) continue;
        if (!place || entrants[i].value_ppm > entrants[*place].value_ppm) place = i;
      }
    }
    ASSAY_CHECK(place.has_value(), "the tickets add up");
    is_drawn[*place] = true;
    left -= tickets[*place];
    drawn.push_back(*place);
  }
  return drawn;
}

Match match(const MatchRequest& request, const std::vector<Candidate>& candidates,
            const MatchWeights& weights, const Digest& randomness) {
  const std::vector<const Candidate*> sorted = by_provider(candidates);
  const MatchScales scales(request, weights);
  Match result;
  result.candidates.resize(sorted.size());
  std::vector<Entrant> entrants;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    Considered& it = result.candidates[i];
    const Candidate& candidate = *sorted[i];
    it.provider = candidate.provider;
    if (const auto filter = assay::reputation::removed_by(request, candidate, candidate.price)) {
      it.removed_by = filter;
      it.detail = detail_of(*filter, candidate, candidate.price);
      ++result.removed[static_cast<std::size_t>(*filter)];
      result.emptied_by = std::max(result.emptied_by.value_or(*filter), *filter);
      continue;
    }
    it.terms = scales.terms(candidate, candidate.price);
    it.value_ppm = scales.value(it.terms);
    entrants.push_back({it.value_ppm, candidate.newcomer});
    places.push_back(i);
  }
  if (entrants.empty()) return result;
  result.emptied_by.reset();

  const std::vector<std::uint64_t> tickets = share_tickets(entrants, weights);
  for (std::size_t i = 0; i < places.size(); ++i) {
    Considered& it = result.candidates[places[i]];
    it.tickets = tickets[i];
    it.terms[static_cast<std::size_t>(Term::randomness)] = chance_ppm(tickets[i]);
  }
  result.ticket = wire::DrawStream(randomness).below(kTickets);
  result.chosen = places[draw_entrants(entrants, tickets, randomness, 1).front()];
  return result;
}

}  // namespace assay::reputation
