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
constexpr std::size_t kAhead = 16;  // rows on their way from memory at a time
constexpr std::size_t kLineBytes = 64;
constexpr const char* kAnotherClass = "another class";
constexpr const char* kRevoked = "revoked";
constexpr const char* kMaintenance = "maintenance";
// The matcher's own filters, in the order that removed_by() applies them.
constexpr std::array kOwn{Filter::tombstoned,   Filter::jailed,  Filter::unavailable,
                          Filter::device_class, Filter::region,  Filter::tier,
                          Filter::price,        Filter::exposure};

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
    is_in[market.first_of(market.row(place).provider)] = false;
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
      const Market::Row& row = market_.row(place);
      std::uint32_t& speaker = speaker_[row.provider];
      std::uint32_t other = place;
      if (speaker == kNobody || speaks_for(row, market_.row(speaker))) std::swap(speaker, other);
      if (other == kNobody) continue;
      ++step.removed;
      tell(other, step.filter);
    }
    if (ask_.workload.empty()) out_.steps.push_back(std::move(step));
  }

  // What was measured of the class, or announced for the time of the job, keeps it from jobs at
  // all.
  const char* barred_by(const Market::Row& row) const {
    if (row.is_revoked) return kRevoked;
    if (!row.has_maintenance) return nullptr;
    const UnixMillis end = now_ + std::int64_t{ask_.duration_seconds} * 1000;
    const auto& announced = row.entry->state.maintenance;
    return reputation::overlapping(announced, now_, end) == nullptr ? nullptr : kMaintenance;
  }

  // Rows lie as their providers came, and are looked at by their ids: each would be waited for.
  // (Inlined, since GCC takes a function that does nothing else for one that does nothing.)
  [[gnu::always_inline]] void fetch(std::uint32_t place) const {
    if (place == kNobody) return;
    const auto* row = reinterpret_cast<const char*>(&market_.row(place));
    for (std::size_t at = 0; at < sizeof(Market::Row); at += kLineBytes) {
      __builtin_prefetch(row + at);
    }
  }

  std::optional<Filter> removed_by(const reputation::Candidate& candidate,
                                   std::uint64_t price) const {
    if (!any_availability_) return reputation::removed_by(ask_.request, candidate, price);
    reputation::Candidate free = candidate;
    free.free_slots = free.slots;
    return reputation::removed_by(ask_.request, free, price);
  }

  void by_own_filters() {
    std::array<std::size_t, reputation::kFilters> removed{};
    Sifted::Step revoked{kRevoked, 0};
    Sifted::Step maintenance{kMaintenance, 0};
    out_.pool.providers.reserve(left_.size());
    out_.pool.entrants.reserve(left_.size());
    out_.rows.reserve(left_.size());
    const std::vector<std::uint32_t>& numbers = market_.providers();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (i + kAhead < numbers.size()) fetch(speaker_[numbers[i + kAhead]]);
      const std::uint32_t place = speaker_[numbers[i]];
      if (place == kNobody) continue;
      const Market::Row& row = market_.row(place);
      if (const char* barred = barred_by(row)) {
        ++(barred == kRevoked ? revoked : maintenance).removed;
        tell(place, barred);
        continue;
      }
      const reputation::Candidate& candidate = row.candidate;
      const std::uint64_t price = reputation::job_price(candidate.price, ask_);
      if (const std::optional<Filter> filter = removed_by(candidate, price)) {
        ++removed[static_cast<std::size_t>(*filter)];
        tell(place, reputation::filter_name(*filter));
        continue;
      }
      const reputation::Terms terms = reputation::terms_of(ask_.request, candidate, price);
      out_.pool.providers.push_back(candidate.provider);
      out_.pool.entrants.push_back({reputation::value_of(terms, ask_.weights), candidate.newcomer});
      out_.rows.push_back(place);
    }
    out_.steps.push_back(std::move(revoked));
    out_.steps.push_back(std::move(maintenance));
    for (const Filter filter : kOwn) {
      if (filter == Filter::unavailable && any_availability_) continue;
      out_.steps.push_back(
          {reputation::filter_name(filter), removed[static_cast<std::size_t>(filter)]});
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
