// What FastBook makes of counted events: records, days and tiers, by the functions of
// reputation/ledger/class_fold.h, on vectors instead of tables.
#include <algorithm>

#include "core/base/check.h"
#include "reputation/ledger/memory_store.h"
#include "tests/sim/economy/fast_book.h"

namespace assay::sim {
namespace {

using reputation::ClassState;
using reputation::EpochEvents;
using reputation::EventKind;

constexpr std::uint64_t kSecondsPerDay = 86'400;

reputation::PerformanceRound round_of(std::uint32_t measured_ppm) {
  reputation::PerformanceRound round;
  round[0] = {.measured = kClaimedRate / kMillion * measured_ppm, .claimed = kClaimedRate};
  return round;
}

std::uint64_t& mass_of(Masses& masses, std::uint64_t renter) {
  const auto at = std::ranges::lower_bound(masses, renter, {}, &Masses::value_type::first);
  if (at != masses.end() && at->first == renter) return at->second;
  return masses.insert(at, {renter, 0})->second;
}

Digest id_of(ProviderNo provider) {
  Digest digest;
  for (std::size_t i = 0; i < sizeof provider; ++i) {
    digest.bytes[i] = static_cast<std::uint8_t>(provider >> (8 * i));
  }
  return digest;
}

}  // namespace

FastBook::ClassRow& FastBook::row_of(Member& member, ClassNo workload) {
  ClassRow& row = member.classes[workload];
  if (row.fold.state.name.empty()) row.fold.state.name = class_name_of(workload);
  return row;
}

// 1970 where nobody asks how old a key is.
std::uint64_t FastBook::since_of(const Member& member) const {
  return rules_.asks_age ? member.since_day : 0;
}

std::uint32_t FastBook::age_of(const Member& member) const {
  return static_cast<std::uint32_t>(day_ - since_of(member));
}

// Folds the epochs below `below`, one by one.
void FastBook::fold_epochs(const Member& member, const ClassRow& row, Fold& fold,
                           std::uint64_t below) const {
  const auto next_of = [](const auto& events, std::size_t at) {
    return at < events.size() ? events[at].epoch : UINT64_MAX;
  };
  while (true) {
    const std::uint64_t epoch =
        std::min({next_of(row.events, fold.event), next_of(member.faults, fold.fault),
                  next_of(row.rounds, fold.round)});
    if (epoch >= below) return;
    EpochEvents events;
    for (; next_of(row.events, fold.event) == epoch; ++fold.event) {
      events.add(row.events[fold.event].event);
    }
    for (; next_of(member.faults, fold.fault) == epoch; ++fold.fault) {
      events.add(member.faults[fold.fault].event);
    }
    for (; next_of(row.rounds, fold.round) == epoch; ++fold.round) {
      events.rounds[Digest{}] = round_of(row.rounds[fold.round].measured_ppm);
    }
    std::map<std::uint64_t, std::uint64_t> of_renters;
    for (const auto& [renter, sixteenths] : events.sixteenths) {
      if (renter != 0) of_renters[renter] = mass_of(fold.masses, renter);
    }
    reputation::fold_epoch_events(fold.state, events,
                                  reputation::hour_of_epoch(epoch, rules_.policy), of_renters);
    for (const auto& [renter, counted] : of_renters) mass_of(fold.masses, renter) = counted;
  }
}

void FastBook::close(const Member& member, const ClassRow& row, Fold& fold,
                     std::uint64_t below) const {
  ClassState& state = fold.state;
  if (state.closed_below >= below) return;
  if (!state.tier_day) {
    std::uint64_t first = below;
    if (fold.event < row.events.size()) first = std::min(first, row.events[fold.event].epoch);
    if (fold.round < row.rounds.size()) first = std::min(first, row.rounds[fold.round].epoch);
    if (fold.fault < member.faults.size()) {
      first = std::min(first, member.faults[fold.fault].epoch);
    }
    if (first < below) state.tier_day = first * rules_.policy.epoch_seconds / kSecondsPerDay;
  }
  while (state.tier_day &&
         reputation::first_epoch_of(*state.tier_day + 1, rules_.policy) <= below) {
    const std::uint64_t next = reputation::first_epoch_of(*state.tier_day + 1, rules_.policy);
    fold_epochs(member, row, fold, next);
    reputation::fold_day_end(state, member.days.at(*state.tier_day - member.since_day),
                             reputation::hour_of_epoch(next, rules_.policy), since_of(member),
                             rules_.policy);
    ++*state.tier_day;
  }
  fold_epochs(member, row, fold, below);
  state.closed_below = below;
}

void FastBook::refold(const Member& member, ClassRow& row) const {
  const std::uint64_t below = row.fold.state.closed_below;
  reputation::open_epochs(row.fold.state);
  row.fold.masses.clear();
  row.fold.event = row.fold.fault = row.fold.round = 0;
  close(member, row, row.fold, below);
}

void FastBook::refold_from(Member& member, std::uint64_t epoch) {
  for (auto& [workload, row] : member.classes) {
    if (row.fold.state.closed_below > epoch) refold(member, row);
  }
}

void FastBook::count(Member& member, ClassRow& row, JobNo job,
                     const reputation::EventState& event) {
  close(member, row, row.fold, epoch_);
  row.events.push_back({epoch_, job, event});
}

void FastBook::measure(ProviderNo provider, std::uint32_t measured_ppm) {
  if (!rules_.measures) return;
  Member& member = members_.at(provider);
  for (ClassNo workload = 0; workload < kWorkloads.size(); ++workload) {
    ClassRow& row = row_of(member, workload);
    close(member, row, row.fold, epoch_);
    row.rounds.push_back({epoch_, measured_ppm});
    ++row.fold.state.rounds;
  }
}

void FastBook::close_day(Member& member) {
  member.days.push_back({.uptime = member.uptime.uptime(),
                         .uptime_mean = member.uptime.month(),
                         .uptime_day = member.uptime.day(),
                         .stake = reputation::stake_share(member.stake, rules_.policy),
                         .income_micros = std::exchange(member.income, 0)});
}

std::uint64_t FastBook::income_of(const Member& member, std::uint64_t days) const {
  std::uint64_t sum = 0;
  for (std::size_t i = member.days.size(); i > 0 && days > 0; --i, --days) {
    sum += member.days[i - 1].income_micros;
  }
  return sum;
}

Tier FastBook::tier_now(Member& member, ClassRow& row) {
  close(member, row, row.fold, epoch_);
  return row.fold.state.tier.tier;
}

Score FastBook::score(ProviderNo provider, ClassNo workload) {
  Member& member = members_.at(provider);
  Score score;
  score.uptime = member.uptime.uptime();
  score.stake = reputation::stake_share(member.stake, rules_.policy);
  score.slash = reputation::kOne;
  score.performance = reputation::q30_from_ppm(rules_.policy.performance_ppm);
  const auto found = member.classes.find(workload);
  if (found == member.classes.end()) return score;
  ClassRow& row = found->second;
  score.tier = tier_now(member, row);
  Fold preview = row.fold;
  fold_epochs(member, row, preview, epoch_ + 1);
  score.record =
      reputation::idle_until(preview.state, reputation::hour_of_epoch(epoch_, rules_.policy));
  score.performance = reputation::counted_performance(preview.state.performance, score.performance);
  score.revoked = reputation::class_revoked(preview.state.performance);
  const Q30 uncapped =
      reputation::trust(score.record, score.uptime, score.performance, score.stake);
  score.trust = reputation::cap_by_age(uncapped, age_of(member));
  score.slash = reputation::slash_factor(score.record);
  score.audited = row.fold.state.audited;
  score.rent =
      reputation::conservative_rent(income_of(member, 7), income_of(member, 30), score.tier);
  return score;
}

bool FastBook::jailed(ProviderNo provider) {
  const Member& member = members_.at(provider);
  if (!member.uptime.had_bad_week()) return false;
  const reputation::UptimeHistory history = member.uptime.history();
  if (!reputation::may_be_jailed(history, epoch_)) return false;
  std::vector<std::uint64_t> passes;
  for (const auto& [workload, row] : member.classes) {
    for (const Counted& it : row.events) {
      if (it.event.kind == EventKind::pass) passes.push_back(it.epoch);
    }
  }
  std::ranges::sort(passes);
  return reputation::jailed(history, passes, epoch_).has_value();
}

Bytes FastBook::class_bytes(ProviderNo provider, ClassNo workload) {
  Member& member = members_.at(provider);
  const auto found = member.classes.find(workload);
  if (found == member.classes.end()) return {};
  Fold fold = found->second.fold;
  close(member, found->second, fold, epoch_);
  return encode(fold.state);
}

Bytes FastBook::day_bytes(ProviderNo provider, std::uint64_t day) {
  const Member& member = members_.at(provider);
  if (day < member.since_day || day - member.since_day >= member.days.size()) return {};
  return encode(member.days[day - member.since_day]);
}

std::vector<Counted> FastBook::history(ProviderNo provider, ClassNo workload) const {
  const Member& member = members_.at(provider);
  const auto found = member.classes.find(workload);
  if (found == member.classes.end()) return {};
  std::vector<Counted> all = found->second.events;
  all.insert(all.end(), member.faults.begin(), member.faults.end());
  std::ranges::stable_sort(all, {}, &Counted::epoch);
  return all;
}

ClassState FastBook::refolded(ProviderNo provider, ClassNo workload) const {
  const Member& member = members_.at(provider);
  ClassRow row = member.classes.at(workload);
  refold(member, row);
  return row.fold.state;
}

// The ledger's own explanation, over a store that holds this history and nothing else.
bool FastBook::explains(ProviderNo provider, ClassNo workload) {
  const Member& member = members_.at(provider);
  if (!member.classes.contains(workload)) return true;
  const Score score = this->score(provider, workload);
  const std::string name = class_name_of(workload);
  const Digest id = id_of(provider);
  const auto store = reputation::make_memory_store(reputation::tables::names());
  const auto write = store->write();
  ASSAY_CHECK(write.ok(), "a store in memory cannot fail");
  std::uint64_t leaf = 0;
  Status put;
  for (const Counted& it : history(provider, workload)) {
    const bool of_class = it.event.kind == EventKind::pass || it.event.kind == EventKind::soft;
    put = write.value()->put(
        reputation::tables::kCounted,
        reputation::counted_key(id, of_class ? std::string_view(name) : "", it.epoch, leaf++),
        encode(it.event));
    ASSAY_CHECK(put.ok(), "a store in memory cannot fail");
  }
  const reputation::Factors factors{.uptime = score.uptime,
                                    .performance = score.performance,
                                    .stake = score.stake,
                                    .age_days = age_of(member)};
  const Result<reputation::Explanation> said = reputation::explain(
      reputation::View(*write.value()), id, name, factors, epoch_, rules_.policy, kLinesMax);
  ASSAY_CHECK(said.ok(), "a store in memory cannot fail");
  return sums_to(said.value(), reputation::ppm_from_q30(score.trust));
}

}  // namespace assay::sim
