#include "verifier/service/market_match.h"

#include <algorithm>
#include <array>

#include "verifier/service/market_row.h"

namespace assay::verifier {

using reputation::Filter;
using reputation::MatchAsk;
using reputation::query::Query;
using reputation::query::Table;
namespace query = reputation::query;

namespace {

constexpr std::uint32_t kNobody = UINT32_MAX;
constexpr std::size_t kAhead = 8;  // rows on their way from memory at a time
constexpr std::size_t kSeatsAhead = 24;
constexpr std::size_t kLineBytes = 64;
constexpr const char* kAnotherClass = "another class";
// The matcher's own filters, in the order that removed_by() applies them.
constexpr std::array kOwn{Filter::tombstoned,   Filter::jailed,  Filter::unavailable,
                          Filter::device_class, Filter::region,  Filter::tier,
                          Filter::price,        Filter::exposure};

// What comes of a row: left, or removed by what is said here or by one of the matcher's filters,
// whose numbers follow.
using Fate = std::uint8_t;
constexpr Fate kLeft = 0;
constexpr Fate kRevoked = 1;      // too slow for its claim, as measured
constexpr Fate kMaintenance = 2;  // announced for the time of the job
constexpr Fate kFirstFilter = 3;
constexpr std::size_t kFates = kFirstFilter + reputation::kFilters;

Fate fate_by(Filter filter) {
  return static_cast<Fate>(kFirstFilter + static_cast<Fate>(filter));
}
const char* fate_name(Fate fate) {
  if (fate == kRevoked) return "revoked";
  if (fate == kMaintenance) return "maintenance";
  return reputation::filter_name(static_cast<Filter>(fate - kFirstFilter));
}

// A provider, by the row that speaks for it. Small, since there is one for everybody.
struct Seat {
  Seat() = default;
  Seat(std::uint32_t at, Fate why, std::uint32_t value, bool is_newcomer)
      : place(at), packed(value | (is_newcomer ? kNewcomerBit : 0) | (std::uint32_t{why} << 24)) {
    ASSAY_CHECK(value < kNewcomerBit, "a value is a share of one, in ppm");
  }

  Fate fate() const { return static_cast<Fate>(packed >> 24); }
  bool newcomer() const { return (packed & kNewcomerBit) != 0; }
  std::uint32_t value_ppm() const { return packed & (kNewcomerBit - 1); }

  static constexpr std::uint32_t kNewcomerBit = std::uint32_t{1} << 20;  // above all values
  std::uint32_t place = kNobody;
  std::uint32_t packed = 0;
};

query::Condition is_listed() {
  return {.field = kListed,
          .op = query::Op::equal,
          .any = false,
          .items = {{.low = true, .high = true}}};
}

bool speaks_of(const Query& filter, std::size_t field) {
  return std::ranges::find(filter.conditions, field, &query::Condition::field) !=
         filter.conditions.end();
}

// The rows that are considered, ascending: of every provider the one of this workload or else the
// one without a class; without a workload all that are listed.
Table::Places considered_rows(const Market& market, const MatchAsk& ask) {
  Query rows;
  rows.conditions.push_back(is_listed());
  if (ask.workload.empty()) return market.table().sift(rows).places;
  rows.conditions.push_back({.field = query::kWorkload,
                             .op = query::Op::equal,
                             .any = false,
                             .items = {{.low = ask.workload, .high = ask.workload}}});
  std::vector<std::uint8_t> is_in(market.table().size());
  for (std::size_t number = 0; number < market.providers().size(); ++number) {
    is_in[market.first_of(static_cast<std::uint32_t>(number))] = 1;
  }
  for (const std::uint32_t place : market.table().sift(rows).places) {
    is_in[market.first_of(market.provider_of(place))] = 0;
    is_in[place] = 1;
  }
  // (No branch by what is in, which nobody could guess.)
  Table::Places places(is_in.size());
  std::size_t count = 0;
  for (std::uint32_t place = 0; place < is_in.size(); ++place) {
    places[count] = place;
    count += is_in[place];
  }
  places.resize(count);
  return places;
}

// Of two rows of one provider the one that speaks for it: the class with the lower trust.
bool speaks_for(const Market::Row& a, const Market::Row& b) {
  if (a.candidate.trust_ppm != b.candidate.trust_ppm) {
    return a.candidate.trust_ppm < b.candidate.trust_ppm;
  }
  return standing_in(*a.entry, a.of_class).name < standing_in(*b.entry, b.of_class).name;
}

class Sieve {
 public:
  Sieve(const Market& market, const MatchAsk& ask, const Query& filter, UnixMillis now,
        const Removed& removed)
      : market_(market),
        ask_(ask),
        filter_(filter),
        now_(now),
        removed_(removed),
        telling_(static_cast<bool>(removed)),
        scales_(ask.request, ask.weights),
        any_availability_(speaks_of(filter, query::kAvailable)) {}

  Sifted run() {
    by_query();
    seat_all();
    by_own_filters();
    return std::move(out_);
  }

 private:
  void by_query() {
    const Table::Places rows = considered_rows(market_, ask_);
    out_.considered = rows.size();
    Table::Sifted sifted = market_.table().sift(filter_, rows);
    for (std::size_t i = 0; i < filter_.conditions.size(); ++i) {
      out_.steps.push_back({query::condition_text(filter_.conditions[i], query::provider_fields()),
                            sifted.removed[i]});
    }
    tell_of_query(rows, sifted.places);
    left_ = std::move(sifted.places);
  }

  void tell_of_query(const Table::Places& before, const Table::Places& after) {
    auto kept = after.begin();
    for (const std::uint32_t place : before) {
      if (!telling_) return;
      if (kept != after.end() && *kept == place) {
        ++kept;
        continue;
      }
      tell(place, out_.steps[query::first_failed(filter_, market_.table().row(place))].filter);
    }
  }

  void tell(std::uint32_t place, const std::string& filter) {
    if (telling_) telling_ = removed_(place, filter);
  }

  bool is_away(const Market::Row& row) const {
    if (!row.has_maintenance) return false;
    const UnixMillis end = now_ + std::int64_t{ask_.duration_seconds} * 1000;
    return reputation::overlapping(row.entry->state.maintenance, now_, end) != nullptr;
  }

  std::optional<Filter> removed_by(const reputation::Candidate& candidate,
                                   std::uint64_t price) const {
    const std::optional<Filter> filter = reputation::removed_by(ask_.request, candidate, price);
    if (filter != Filter::unavailable || !any_availability_) return filter;
    reputation::Candidate free = candidate;
    free.free_slots = free.slots;
    return reputation::removed_by(ask_.request, free, price);
  }

  Seat seat(std::uint32_t place, const Market::Row& row) const {
    const reputation::Candidate& candidate = row.candidate;
    if (row.is_revoked || is_away(row)) {
      return {place, row.is_revoked ? kRevoked : kMaintenance, 0, candidate.newcomer};
    }
    const std::uint64_t price = reputation::job_price(candidate.price, ask_);
    if (const std::optional<Filter> filter = removed_by(candidate, price)) {
      return {place, fate_by(*filter), 0, candidate.newcomer};
    }
    return {place, kLeft, scales_.value(scales_.terms(candidate, price)), candidate.newcomer};
  }

  // What is looked at of every row. (Inlined, since GCC takes a function that does nothing else for
  // one that does nothing.)
  [[gnu::always_inline]] void fetch(std::uint32_t place) const {
    const Market::Row& row = market_.row(place);
    const auto* from = reinterpret_cast<const char*>(&row.candidate.price);
    const auto* to = reinterpret_cast<const char*>(&row.has_maintenance);
    for (; from < to; from += kLineBytes) __builtin_prefetch(from);
    __builtin_prefetch(to);
  }

  // Rows are looked at as they lie, and fetched ahead of that; by id each of them would be waited
  // for. Of several rows of a provider one is seated.
  void seat_all() {
    Sifted::Step step{kAnotherClass, 0};
    seats_.assign(market_.providers().size(), {});
    for (std::size_t i = 0; i < left_.size(); ++i) {
      if (i + kAhead < left_.size()) fetch(left_[i + kAhead]);
      const std::uint32_t place = left_[i];
      const Market::Row& row = market_.row(place);
      Seat& seat = seats_[market_.provider_of(place)];
      if (seat.place != kNobody) {
        const bool speaks = speaks_for(row, market_.row(seat.place));
        ++step.removed;
        tell(speaks ? seat.place : place, step.filter);
        if (!speaks) continue;
      }
      seat = this->seat(place, row);
    }
    if (ask_.workload.empty()) out_.steps.push_back(std::move(step));
  }

  void by_own_filters() {
    std::array<std::size_t, kFates> counts{};
    out_.pool.providers.reserve(left_.size());
    out_.pool.entrants.reserve(left_.size());
    out_.rows.reserve(left_.size());
    const std::vector<std::uint32_t>& numbers = market_.providers();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (i + kSeatsAhead < numbers.size()) __builtin_prefetch(&seats_[numbers[i + kSeatsAhead]]);
      const Seat& it = seats_[numbers[i]];
      if (it.place == kNobody) continue;
      ++counts[it.fate()];
      if (it.fate() != kLeft) {
        if (telling_) tell(it.place, fate_name(it.fate()));
        continue;
      }
      out_.pool.providers.push_back(market_.ids()[i]);
      out_.pool.entrants.push_back({it.value_ppm(), it.newcomer()});
      out_.rows.push_back(it.place);
    }
    for (const Fate fate : {kRevoked, kMaintenance}) {
      out_.steps.push_back({fate_name(fate), counts[fate]});
    }
    for (const Filter filter : kOwn) {
      if (filter == Filter::unavailable && any_availability_) continue;
      out_.steps.push_back({reputation::filter_name(filter), counts[fate_by(filter)]});
    }
  }

  const Market& market_;
  const MatchAsk& ask_;
  const Query& filter_;
  const UnixMillis now_;
  const Removed& removed_;
  bool telling_;
  const reputation::MatchScales scales_;
  const bool any_availability_;  // the query says what is wanted
  Table::Places left_;
  std::vector<Seat> seats_;  // by provider's number
  Sifted out_;
};

}  // namespace

std::optional<std::string> Sifted::emptied_by() const {
  if (!rows.empty()) return std::nullopt;
  const auto last = std::ranges::find_if(steps.rbegin(), steps.rend(),
                                         [](const Step& step) { return step.removed > 0; });
  if (last == steps.rend()) return std::nullopt;
  return last->filter;
}

Sifted sift_market(const Market& market, const MatchAsk& ask, const Query& filter, UnixMillis now,
                   const Removed& removed) {
  return Sieve(market, ask, filter, now, removed).run();
}

}  // namespace assay::verifier
