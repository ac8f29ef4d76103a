#include "tests/sim/economy/economy.h"

#include <algorithm>

#include "core/base/check.h"

namespace assay::sim {
namespace {

constexpr std::int32_t kEpilogueDays = 2;  // for what is under way at the end: no more orders
constexpr std::uint32_t kProbes = 12;      // an hour
constexpr std::uint32_t kMissedProbePpm = 20'000;
constexpr std::uint32_t kOutagePpm = 700;  // an hour: once in two months
constexpr std::uint32_t kVerifierDownPpm = 2'000;
constexpr std::uint64_t kOutageHoursMax = 4;
constexpr std::uint64_t kRoundHours = 6;  // between hardware rounds
constexpr std::uint32_t kRoundNoisePpm = 20'000;

}  // namespace

Economy::Economy(const Setup& setup, const Rules& rules, Book& book, FastBook* more,
                 UnixMillis start)
    : setup_(setup),
      rules_(rules),
      book_(book),
      more_(more),
      start_(start),
      random_(setup.seed),
      auditor_(setup.auditor, setup.seed ^ 0x9d5c7f1d) {
  ASSAY_CHECK(setup_.keys.size() == kinds().size(), "every kind has a number of keys");
  for (std::size_t kind = 0; kind < kinds().size(); ++kind) {
    for (unsigned i = 0; i < setup_.keys[kind]; ++i) {
      Actor actor;
      actor.kind = &kinds()[kind];
      actor.kind_no = kind;
      actor.owner = owners_++;
      actor.joins = joins_on(actor.kind->group);
      day_ = std::min(day_, actor.joins);
      waiting_.push_back(std::move(actor));
    }
  }
  std::ranges::stable_sort(waiting_, std::greater{}, &Actor::joins);
  result_.kinds.resize(kinds().size());
  book_.at(start_);
  for (WorkerNo worker = 0; worker < setup_.auditor.workers; ++worker) book_.hire(worker);
}

void Economy::run() {
  const std::int32_t end = setup_.days + kEpilogueDays;
  for (; day_ < end; ++day_) {
    for (std::uint32_t i = 0; i < kHoursPerDay; ++i, ++hour_) hour();
  }
  book_.at(start_ + static_cast<std::int64_t>(hour_) * kHourMs);
  for (Actor& actor : actors_) refresh(actor);
  finish();
}

void Economy::hour() {
  const UnixMillis begins = start_ + static_cast<std::int64_t>(hour_) * kHourMs;
  const auto minute = [&](std::int64_t minutes) { book_.at(begins + minutes * 60'000); };
  minute(0);
  if (hour_ % kHoursPerDay == 0) new_day();
  if (hour_ > 0) tell_uptime();
  verifier_alive_ = !chance(kVerifierDownPpm);
  minute(1);
  if (const auto now = later_.find(hour_); now != later_.end()) {
    for (const Later& it : now->second) due(it);
    later_.erase(now);
  }
  minute(2);
  for (Actor& actor : actors_) refresh(actor);
  if (day_ < setup_.days && verifier_alive_) give_out_jobs();
  minute(40);
  attest_all();
  minute(41);
  draw();
  minute(45);
  if (hour_ % kRoundHours != 0) return;
  for (ProviderNo i = 0; i < actors_.size(); ++i) {
    const auto noise = static_cast<std::uint32_t>(random_.below(kRoundNoisePpm));
    if (!actors_[i].quit) book_.measure(i, plan_of(actors_[i]).measured_ppm - noise);
  }
}

void Economy::new_day() {
  auditor_.new_day();
  while (!waiting_.empty() && waiting_.back().joins <= day_) {
    actors_.push_back(std::move(waiting_.back()));
    waiting_.pop_back();
    join(actors_.back());
  }
  // By number: a new key moves the actors.
  for (std::size_t i = 0; i < actors_.size(); ++i) {
    const Plan& plan = plan_of(actors_[i]);
    actors_[i].farmed_today = 0;
    if (!actors_[i].quit) ++result_.totals.provider_days;
    const bool returns = actors_[i].caught && !actors_[i].quit;
    if (returns && (plan.after == After::new_key || plan.after == After::reborn) &&
        day_ < setup_.days) {
      new_key(actors_[i], plan.after == After::reborn);
    }
    const std::int32_t leaves =
        plan.unbonds == INT_MAX ? setup_.days : plan.unbonds.value_or(INT_MAX);
    if (day_ >= leaves) leave(actors_[i]);
    if (plan.bought && day_ == 0) {
      refresh(actors_[i]);
      actors_[i].tally.profit_micros -= static_cast<std::int64_t>(actors_[i].scores[0].rent);
    }
  }
}

void Economy::join(Actor& actor) {
  const auto number = static_cast<ProviderNo>(&actor - actors_.data());
  actor.joined = true;
  actor.joins = day_;
  actor.tally.keys = 1;
  actor.tally.profit_micros -= static_cast<std::int64_t>(rules_.entry_bond);
  book_.join(number);
  book_.stake(number, wire::StakeMove::bond, plan_of(actor).bond);
}

// The owner goes on under another key; the old one rests.
void Economy::new_key(Actor& actor, bool honest) {
  actor.quit = actor.replaced = true;
  Actor next;
  next.kind = actor.kind;
  next.kind_no = actor.kind_no;
  next.owner = actor.owner;
  next.honest = honest;
  actors_.push_back(std::move(next));
  join(actors_.back());
}

void Economy::tell_uptime() {
  const std::uint64_t window = reputation::epoch_of(start_, rules_.policy) + hour_ - 1;
  std::vector<Book::Probes> probes;
  for (ProviderNo i = 0; i < actors_.size(); ++i) {
    Actor& actor = actors_[i];
    if (actor.joins == day_ && hour_ % kHoursPerDay == 0) continue;  // it was not there yet
    const bool was_offline = actor.offline_until >= hour_;
    const std::uint32_t missed = chance(kMissedProbePpm) ? 1 : 0;
    if (verifier_alive_) probes.push_back({i, was_offline ? 0 : kProbes - missed, kProbes});
    if (chance(kOutagePpm)) actor.offline_until = hour_ + 1 + random_.below(kOutageHoursMax);
  }
  if (!probes.empty()) book_.uptime(window, probes);
}

void Economy::refresh(Actor& actor) {
  actor.busy = false;
  if (actor.quit && hour_ % kHoursPerDay != 0) return;  // nobody looks at it
  const auto number = static_cast<ProviderNo>(&actor - actors_.data());
  Tally& tally = actor.tally;
  const Plan& plan = plan_of(actor);
  for (ClassNo workload = 0; workload < kWorkloads.size(); ++workload) {
    actor.scores[workload] = book_.score(number, workload);
    const Score& score = actor.scores[workload];
    const std::uint32_t trust_ppm = reputation::ppm_from_q30(score.trust);
    const auto age = static_cast<std::uint32_t>(day_ - actor.joins);
    if (age < 3) tally.trust_young_ppm = std::max(tally.trust_young_ppm, trust_ppm);
    if (plan.farm.days > 0 && age <= plan.farm.days && tally.cheated == 0) {
      tally.trust_farmed_ppm = std::max(tally.trust_farmed_ppm, trust_ppm);
      tally.tier_farmed = std::max(tally.tier_farmed, static_cast<std::uint32_t>(score.tier));
    }
  }
  actor.bonded = book_.stake_of(number).bonded();
  actor.jailed = book_.jailed(number);
  if (hour_ % kHoursPerDay == 0 && day_ >= 0 && day_ <= setup_.days) {
    const auto at = static_cast<std::size_t>(day_);
    tally.trust_by_day_ppm.resize(static_cast<std::size_t>(setup_.days) + 1);
    tally.seen_by_day.resize(static_cast<std::size_t>(setup_.days) + 1);
    if (!actor.quit || plan.after == After::quit) {
      tally.trust_by_day_ppm[at] = reputation::ppm_from_q30(actor.scores[0].trust);
      tally.seen_by_day[at] = 1;
    }
  }
}

// Takes out of its bond whatever no job locks, day by day until all of it is out; by the next draw
// second coins are thrown for it.
void Economy::leave(Actor& actor) {
  const auto number = static_cast<ProviderNo>(&actor - actors_.data());
  const std::uint64_t free = book_.stake_of(number).free();
  if (free > 0) book_.stake(number, wire::StakeMove::unbond, free);
}

bool Economy::available(const Actor& actor) const {
  const Plan& plan = plan_of(actor);
  const bool farming =
      plan.farm.days > 0 && day_ - actor.joins < static_cast<std::int32_t>(plan.farm.days);
  return !actor.quit && !actor.busy && !farming && actor.offline_until <= hour_;
}

}  // namespace assay::sim
