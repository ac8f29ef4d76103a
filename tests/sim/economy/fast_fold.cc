// What FastBook makes of counted events: records, days and tiers. The twin of
// reputation/ledger/close.cc, on vectors instead of tables.
#include <algorithm>

#include "core/base/check.h"
#include "reputation/ledger/memory_store.h"
#include "reputation/policy/stake.h"
#include "tests/sim/economy/fast_book.h"

namespace assay::sim {
namespace {

using reputation::ClassState;
using reputation::EpochEvents;
using reputation::EventKind;
using reputation::Record;

constexpr std::uint64_t kSecondsPerDay = 86'400;
constexpr std::size_t kLinesMax = 50;  // of an explanation; what is earlier is summed

std::uint32_t hours_between(std::optional<std::uint64_t> last, std::uint64_t hour) {
  return last && hour > *last ? static_cast<std::uint32_t>(hour - *last) : 0;
}

Record idle_until(const ClassState& state, std::uint64_t hour) {
  const std::uint32_t idle = hours_between(state.last_hour, hour);
  return idle == 0 ? state.closed : reputation::decayed(state.closed, idle);
}

std::optional<std::uint32_t> days_since_proven(const Record& record) {
  if (!record.last_proven) return std::nullopt;
  return static_cast<std::uint32_t>((record.hours - *record.last_proven) / kHoursPerDay);
}

Digest digest_of_job(JobNo job) {
  Digest digest;
  for (std::size_t i = 0; i < sizeof job; ++i) {
    digest.bytes[i] = static_cast<std::uint8_t>(job >> (8 * i));
  }
  return digest;
}

}  // namespace

FastBook::ClassRow& FastBook::row_of(Member& member, ClassNo workload) {
  ClassRow& row = member.classes[workload];
  if (row.fold.state.name.empty()) row.fold.state.name = class_name_of(workload);
  return row;
}

// Folds the epochs below `below`, one by one.
void FastBook::fold_epochs(const Member& member, const ClassRow& row, Fold& fold,
                           std::uint64_t below) const {
  const auto next_of = [&](const std::vector<Counted>& events, std::size_t at) {
    return at < events.size() ? events[at].epoch : UINT64_MAX;
  };
  ClassState& state = fold.state;
  while (true) {
    const std::uint64_t epoch =
        std::min(next_of(row.events, fold.event), next_of(member.faults, fold.fault));
    if (epoch >= below) return;
    EpochEvents events;
    std::uint64_t judged = 0;
    for (; next_of(row.events, fold.event) == epoch; ++fold.event) {
      const Counted& it = row.events[fold.event];
      events.add(it.event);
      judged += it.event.kind == EventKind::pass && (it.matched || !rules_.counts_matched);
    }
    for (; next_of(member.faults, fold.fault) == epoch; ++fold.fault) {
      events.add(member.faults[fold.fault].event);
    }
    judged += events.others.proven;
    const std::uint64_t hour = reputation::hour_of_epoch(epoch, rules_.policy);
    state.closed = reputation::fold_epoch(state.closed, events.counts(state.carry),
                                          hours_between(state.last_hour, hour));
    state.last_hour = hour;
    state.judged += judged;
    state.proven_that_day = state.proven_that_day || events.others.proven > 0;
  }
}

void FastBook::fold_days(const Member& member, const ClassRow& row, Fold& fold,
                         std::uint64_t below) const {
  ClassState& state = fold.state;
  for (; reputation::first_epoch_of(*state.tier_day + 1, rules_.policy) <= below;
       ++*state.tier_day) {
    const std::uint64_t day = *state.tier_day;
    const std::uint64_t next = reputation::first_epoch_of(day + 1, rules_.policy);
    fold_epochs(member, row, fold, next);
    const Day& factors = member.days.at(day - member.since_day);
    const Record record = idle_until(state, reputation::hour_of_epoch(next, rules_.policy));
    reputation::TierDay it;
    it.proven = state.proven_that_day;
    state.proven_that_day = false;
    it.age_days = static_cast<std::uint32_t>(day - member.since_day);
    const Q30 uncapped =
        reputation::trust(record, factors.state.uptime, factors.performance, factors.state.stake);
    it.trust_ppm = reputation::ppm_from_q30(
        rules_.caps_by_age ? reputation::cap_by_age(uncapped, it.age_days) : uncapped);
    it.audits = state.judged;
    it.uptime_ppm = reputation::ppm_from_q30(factors.state.uptime_mean);
    it.days_since_proven = days_since_proven(record);
    state.tier = reputation::fold_day(state.tier, it);
  }
}

void FastBook::close(const Member& member, const ClassRow& row, Fold& fold,
                     std::uint64_t below) const {
  ClassState& state = fold.state;
  if (state.closed_below >= below) return;
  if (!state.tier_day) {
    std::uint64_t first = UINT64_MAX;
    if (fold.event < row.events.size()) first = row.events[fold.event].epoch;
    if (fold.fault < member.faults.size()) {
      first = std::min(first, member.faults[fold.fault].epoch);
    }
    if (first < below) state.tier_day = first * rules_.policy.epoch_seconds / kSecondsPerDay;
  }
  if (state.tier_day) fold_days(member, row, fold, below);
  fold_epochs(member, row, fold, below);
  state.closed_below = below;
}

void FastBook::refold(const Member& member, ClassRow& row) const {
  const std::uint64_t below = row.fold.state.closed_below;
  ClassState& state = row.fold.state;
  state.closed = {};
  state.closed_below = 0;
  state.last_hour.reset();
  state.carry = 0;
  state.judged = 0;
  state.tier = {};
  state.tier_day.reset();
  state.proven_that_day = false;
  row.fold.event = row.fold.fault = 0;
  close(member, row, row.fold, below);
}

void FastBook::count(Member& member, ClassRow& row, JobNo job,
                     const reputation::EventState& event) {
  close(member, row, row.fold, epoch_);
  const JobTerms& terms = jobs_[job].terms;
  row.events.push_back({epoch_, job, terms.canary || !terms.wanted, event});
}

void FastBook::close_day(Member& member) {
  const Q30 uptime = member.uptime.uptime();
  member.days.push_back({{.uptime = uptime,
                          .uptime_mean = member.uptime.month(),
                          .stake = stake_factor_of(member),
                          .income_micros = member.income},
                         performance_of(member)});
  member.income = 0;
}

Q30 FastBook::stake_factor_of(const Member& member) const {
  return reputation::stake_factor({.own = member.stake.own_micros,
                                   .delegated = member.stake.delegated_micros,
                                   .required = rules_.policy.stake_required_micros});
}

Q30 FastBook::performance_of(const Member& member) const {
  if (!rules_.measures || reputation::is_unmeasured(member.performance)) {
    return reputation::q30_from_ppm(rules_.policy.performance_ppm);
  }
  return reputation::performance(member.performance);
}

Tier FastBook::tier_now(Member& member, ClassRow& row) {
  close(member, row, row.fold, epoch_);
  return row.fold.state.tier.tier;
}

Score FastBook::score(ProviderNo provider, ClassNo workload) {
  Member& member = members_.at(provider);
  Score score;
  score.uptime = member.uptime.uptime();
  score.stake = stake_factor_of(member);
  score.slash = reputation::kOne;
  score.performance = performance_of(member);
  const auto found = member.classes.find(workload);
  if (found == member.classes.end()) return score;
  ClassRow& row = found->second;
  score.tier = tier_now(member, row);
  Fold preview = row.fold;
  fold_epochs(member, row, preview, epoch_ + 1);
  score.record = idle_until(preview.state, reputation::hour_of_epoch(epoch_, rules_.policy));
  const Q30 uncapped =
      reputation::trust(score.record, score.uptime, score.performance, score.stake);
  const auto age = static_cast<std::uint32_t>(day_ - member.since_day);
  score.trust = rules_.caps_by_age ? reputation::cap_by_age(uncapped, age) : uncapped;
  score.slash = reputation::slash_factor(score.record);
  score.audited = row.fold.state.audited;
  score.rent =
      reputation::conservative_rent(income_of(member, 7), income_of(member, 30), score.tier);
  return score;
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
  return encode(member.days[day - member.since_day].state);
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
  const Digest id = digest_of_job(provider);
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
  const reputation::Factors factors{
      .uptime = score.uptime,
      .performance = score.performance,
      .stake = score.stake,
      .age_days =
          rules_.caps_by_age ? static_cast<std::uint32_t>(day_ - member.since_day) : UINT32_MAX};
  const Result<reputation::Explanation> said = reputation::explain(
      reputation::View(*write.value()), id, name, factors, epoch_, rules_.policy, kLinesMax);
  ASSAY_CHECK(said.ok(), "a store in memory cannot fail");
  return sums_to(said.value(), reputation::ppm_from_q30(score.trust));
}

Digest FastBook::seed_of(JobNo job, wire::Reason reason, const VrfOutput& beta) const {
  return wire::draw_seed(beta, job, digest_of_job(job), reason, {});
}

VrfOutput FastBook::next_output() {
  VrfOutput output;
  random_.fill(output.bytes);
  return output;
}

}  // namespace assay::sim
