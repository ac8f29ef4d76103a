#include "reputation/ledger/class_fold.h"

#include <algorithm>
#include <utility>

#include "reputation/policy/stake.h"

namespace assay::reputation {
namespace {

constexpr std::uint32_t kDayHours = 24;
constexpr std::uint64_t kVettedAudits = 20;  // the class is vetted: rewards are boosted

std::uint32_t hours_between(std::optional<std::uint64_t> last, std::uint64_t hour) {
  return last && hour > *last ? static_cast<std::uint32_t>(hour - *last) : 0;
}

// Did the round show what is claimed?
bool shows_claim(const PerformanceRound& round) {
  const Measurement& gpu = round[0];
  return gpu.claimed > 0 && Wide{gpu.measured} * 10 >= Wide{gpu.claimed} * 8;
}

std::optional<std::uint32_t> days_since_proven(const Record& record) {
  if (!record.last_proven) return std::nullopt;
  return static_cast<std::uint32_t>((record.hours - *record.last_proven) / kDayHours);
}

// Passes, soft failures and proven fraud: what the record is a fold of.
void fold_evidence(ClassState& state, const EpochEvents& events, std::uint64_t hour,
                   std::map<std::uint64_t, std::uint64_t>& of_renters) {
  PassMass mass{
      .carry = state.carry, .total = state.pass_mass, .of_renters = std::move(of_renters)};
  state.closed =
      fold_epoch(state.closed, events.counts(mass), hours_between(state.last_hour, hour));
  state.last_hour = hour;
  state.carry = mass.carry;
  state.pass_mass = mass.total;
  of_renters = std::move(mass.of_renters);
  state.judged += events.passes + events.others.proven;
  state.proven_that_day = state.proven_that_day || events.others.proven > 0;
}

}  // namespace

void fold_epoch_events(ClassState& state, const EpochEvents& events, std::uint64_t hour,
                       std::map<std::uint64_t, std::uint64_t>& of_renters) {
  if (events.is_evidence()) fold_evidence(state, events, hour, of_renters);
  for (const auto& [name, round] : events.rounds) {
    state.performance = fold_round(state.performance, round);
    if (round[0].claimed > 0) state.claimed_rate = round[0].claimed;
    state.work.class_measured = state.work.class_measured || shows_claim(round);
  }
  state.work.audits_passed += static_cast<std::uint32_t>(events.passes);
  state.work.failures += events.others.soft;
  state.work.gpu_seconds += events.seconds;
  state.work.reports_confirmed += events.reports;
}

void fold_day_end(ClassState& state, const DayState& factors, std::uint64_t next_hour,
                  std::uint64_t since, const wire::Policy& then) {
  const std::uint64_t day = *state.tier_day;
  const Record record = idle_until(state, next_hour);
  TierDay it;
  it.proven = std::exchange(state.proven_that_day, false);
  it.age_days = static_cast<std::uint32_t>(day - std::min(day, since));
  const Q30 performance =
      counted_performance(state.performance, q30_from_ppm(then.performance_ppm));
  it.trust_ppm = ppm_from_q30(
      cap_by_age(trust(record, factors.uptime, performance, factors.stake), it.age_days));
  it.audits = state.judged;
  it.uptime_ppm = ppm_from_q30(factors.uptime_mean);
  it.days_since_proven = days_since_proven(record);
  state.tier = fold_day(state.tier, it);

  WorkDay work = std::exchange(state.work, {});
  work.uptime_ppm = ppm_from_q30(factors.uptime_day);
  work.tier = state.tier.tier;
  work.slashed = it.proven;
  state.standing = fold_work_day(state.standing, work);
  const HardwareClass* card = shown_card(state);
  state.reward_milli +=
      reward_points_milli(work.gpu_seconds, card == nullptr ? 0 : card->dollars, state.tier.tier,
                          state.standing.audits_passed >= kVettedAudits);
}

void open_epochs(ClassState& state) {
  state.closed = {};
  state.closed_below = 0;
  state.last_hour.reset();
  state.carry = 0;
  state.pass_mass = 0;
  state.judged = 0;
  state.performance = {};
  state.claimed_rate = 0;
  state.tier = {};
  state.tier_day.reset();
  state.proven_that_day = false;
  state.standing = {};
  state.work = {};
  state.reward_milli = 0;
}

std::uint64_t measured_rate(const ClassState& state) {
  return static_cast<std::uint64_t>(
      multiply(state.claimed_rate, component_bound(state.performance.components[0])));
}

const HardwareClass* shown_card(const ClassState& state) {
  return shown_class(std::string_view(state.name).substr(0, state.name.find('/')),
                     measured_rate(state));
}

Q30 stake_share(const StakeState& row, const wire::Policy& policy) {
  return stake_factor({.own = row.own_micros,
                       .delegated = row.delegated_micros,
                       .required = policy.stake_required_micros});
}

Record idle_until(const ClassState& state, std::uint64_t hour) {
  const std::uint32_t idle = hours_between(state.last_hour, hour);
  return idle == 0 ? state.closed : decayed(state.closed, idle);
}

}  // namespace assay::reputation
