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

// Weights of values, exp(-below / temperature) in Q30, `below` the best of them, so that one of
// them is never 0. Block by block, which then is at hand for its second step.
std::vector<Q30> weights_of(std::span<const std::uint32_t> values, std::uint32_t temperature_ppm) {
  constexpr std::size_t kBlock = 512;
  const std::uint32_t best = *std::ranges::max_element(values);
  const Divisor by_temperature(std::max<std::uint32_t>(temperature_ppm, 1));
  std::vector<Q30> weights(values.size());
  for (std::size_t from = 0; from < values.size(); from += kBlock) {
    const std::span<Q30> block =
        std::span(weights).subspan(from, std::min(kBlock, values.size() - from));
    for (std::size_t i = 0; i < block.size(); ++i) {
      const Q30 below = best - values[from + i];
      const Q30 exponent = static_cast<Q30>(multiply(by_temperature.divide(below * kOne), kLog2E));
      block[i] = temperature_ppm > 0 ? exponent : (below == 0 ? 0 : kNever);
    }
    exp2_negative(block);
  }
  return weights;
}

// Gives out so many tickets in proportion to the weights; what does not divide goes to the
// heaviest, the first of them.
std::vector<std::uint64_t> give_out(std::span<const Q30> weights, std::uint64_t give) {
  std::uint64_t whole = 0;  // 2^34 entrants would overflow it
  for (const Q30 weight : weights) whole += weight;
  // What a weight of one is given, rounded down: of a weight of at most one that is the share or
  // one less, and no division for each.
  const auto of_one = static_cast<std::uint64_t>((Wide{give} << 30) / whole);
  std::uint64_t left = give;
  std::vector<std::uint64_t> tickets(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    std::uint64_t share = static_cast<std::uint64_t>(multiply(of_one, weights[i]));
    share += give * weights[i] - share * whole >= whole ? 1U : 0U;  // modulo 2^64: it is small
    tickets[i] = share;
    left -= share;
  }
  const auto heaviest = std::ranges::max_element(weights);
  tickets[static_cast<std::size_t>(heaviest - weights.begin())] += left;
  return tickets;
}

// The places of those who are newcomers, or of the others. (No branch by what each is, which nobody
// could guess.)
std::vector<std::uint32_t> places_of(std::span<const Entrant> entrants, bool newcomers) {
  std::vector<std::uint32_t> places(entrants.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < entrants.size(); ++i) {
    places[count] = static_cast<std::uint32_t>(i);
    count += entrants[i].newcomer == newcomers ? 1U : 0U;
  }
  places.resize(count);
  return places;
}

template <typename T>
std::vector<T> at_places(std::span<const T> all, std::span<const std::uint32_t> places) {
  std::vector<T> some(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) some[i] = all[places[i]];
  return some;
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
  std::vector<std::uint32_t> values(entrants.size());
  for (std::size_t i = 0; i < entrants.size(); ++i) values[i] = entrants[i].value_ppm;
  const std::vector<Q30> weights = weights_of(values, by.temperature_ppm);
  std::vector<std::uint64_t> tickets = give_out(weights, kTickets);
  std::uint64_t had = 0;
  std::size_t newcomers = 0;
  for (std::size_t i = 0; i < entrants.size(); ++i) {
    newcomers += entrants[i].newcomer ? 1U : 0U;
    had += entrants[i].newcomer ? tickets[i] : 0;
  }
  const std::uint64_t floor = kTickets / kMillion * by.newcomer_floor_ppm;
  if (newcomers == 0 || newcomers == entrants.size() || had >= floor) return tickets;
  const std::uint32_t best = *std::ranges::max_element(values);
  for (const bool of_newcomers : {true, false}) {
    const std::vector<std::uint32_t> places = places_of(entrants, of_newcomers);
    const std::vector<std::uint32_t> own = at_places<std::uint32_t>(values, places);
    // A group's weights are right already where the best of all is in it.
    const bool has_best = *std::ranges::max_element(own) == best;
    const std::vector<Q30> shared =
        has_best ? at_places<Q30>(weights, places) : weights_of(own, by.temperature_ppm);
    const std::vector<std::uint64_t> shares =
        give_out(shared, of_newcomers ? floor : kTickets - floor);
    for (std::size_t i = 0; i < places.size(); ++i) tickets[places[i]] = shares[i];
  }
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
