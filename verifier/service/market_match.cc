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

struct Weighed {
  std::uint32_t value_ppm = 0;
  Fate fate = kLeft;
  bool newcomer = false;
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
  std::vector<bool> is_in(market.table().size());
  for (const std::uint32_t number : market.providers()) is_in[market.first_of(number)] = true;
  for (const std::uint32_t place : market.table().sift(rows).places) {
    is_in[market.first_of(market.provider_of(place))] = false;
    is_in[place] = true;
  }
  Table::Places places;
  for (std::uint32_t place = 0; place < is_in.size(); ++place) {
    if (is_in[place]) places.push_back(place);
  }
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
        any_availability_(speaks_of(filter, query::kAvailable)) {}

  Sifted run() {
    by_query();
    by_class();
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

  void by_class() {
    Sifted::Step step{kAnotherClass, 0};
    speaker_.assign(market_.providers().size(), kNobody);
    for (const std::uint32_t place : left_) {
      std::uint32_t& speaker = speaker_[market_.provider_of(place)];
      std::uint32_t other = place;
      if (speaker == kNobody || speaks_for(market_.row(place), market_.row(speaker))) {
        std::swap(speaker, other);
      }
      if (other == kNobody) continue;
      ++step.removed;
      tell(other, step.filter);
    }
    if (ask_.workload.empty()) out_.steps.push_back(std::move(step));
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

  Weighed weigh(const Market::Row& row) const {
    const reputation::Candidate& candidate = row.candidate;
    Weighed it{.newcomer = candidate.newcomer};
    if (row.is_revoked || is_away(row)) {
      it.fate = row.is_revoked ? kRevoked : kMaintenance;
      return it;
    }
    const std::uint64_t price = reputation::job_price(candidate.price, ask_);
    if (const std::optional<Filter> filter = removed_by(candidate, price)) {
      it.fate = fate_by(*filter);
      return it;
    }
    it.value_ppm =
        reputation::value_of(reputation::terms_of(ask_.request, candidate, price), ask_.weights);
    return it;
  }

  // (Inlined, since GCC takes a function that does nothing else for one that does nothing.)
  [[gnu::always_inline]] void fetch(std::uint32_t place) const {
    const auto* row = reinterpret_cast<const char*>(&market_.row(place));
    for (std::size_t at = 0; at < sizeof(Market::Row); at += kLineBytes) {
      __builtin_prefetch(row + at);
    }
  }

  // By provider's number. Rows are looked at as they lie, and fetched ahead of that; by id each of
  // them would be waited for.
  std::vector<Weighed> weigh_all() const {
    std::vector<Weighed> weighed(market_.providers().size());
    for (std::size_t i = 0; i < left_.size(); ++i) {
      if (i + kAhead < left_.size()) fetch(left_[i + kAhead]);
      const std::uint32_t number = market_.provider_of(left_[i]);
      if (speaker_[number] == left_[i]) weighed[number] = weigh(market_.row(left_[i]));
    }
    return weighed;
  }

  void by_own_filters() {
    const std::vector<Weighed> weighed = weigh_all();
    std::array<std::size_t, kFates> counts{};
    out_.pool.providers.reserve(left_.size());
    out_.pool.entrants.reserve(left_.size());
    out_.rows.reserve(left_.size());
    const std::vector<std::uint32_t>& numbers = market_.providers();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::uint32_t place = speaker_[numbers[i]];
      if (place == kNobody) continue;
      const Weighed& it = weighed[numbers[i]];
      ++counts[it.fate];
      if (it.fate != kLeft) {
        if (telling_) tell(place, fate_name(it.fate));
        continue;
      }
      out_.pool.providers.push_back(market_.ids()[i]);
      out_.pool.entrants.push_back({it.value_ppm, it.newcomer});
      out_.rows.push_back(place);
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
  const bool any_availability_;  // the query says what is wanted
  Table::Places left_;
  std::vector<std::uint32_t> speaker_;  // by provider's number: the place of its row
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
