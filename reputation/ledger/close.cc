#include "reputation/ledger/close.h"

#include <algorithm>
#include <map>
#include <utility>

#include "reputation/ledger/policies.h"
#include "reputation/policy/stake.h"
#include "reputation/policy/uptime.h"

namespace assay::reputation {
namespace {

constexpr std::uint64_t kSecondsPerDay = 86'400;
constexpr std::uint32_t kHoursPerDay = 24;
constexpr std::uint64_t kVettedAudits = 20;  // the class is vetted: rewards are boosted

using Epochs = std::map<std::uint64_t, EpochEvents>;

std::uint32_t hours_between(std::optional<std::uint64_t> last, std::uint64_t hour) {
  return last && hour > *last ? static_cast<std::uint32_t>(hour - *last) : 0;
}

// Visits the rows of a table whose keys are provider, class, epoch and more, of epochs in
// [from's, below). `visit` says what is wrong with a row.
Status gather(
    const ReadTxn& txn, TableId table, const Bytes& from, std::size_t rest_bytes,
    std::uint64_t below,
    const std::function<Status(std::uint64_t epoch, ByteView rest, ByteView value)>& visit) {
  const std::size_t prefix_bytes = from.size() - sizeof(std::uint64_t) - rest_bytes;
  Status problem;
  const Status scanned = txn.scan(table, from, [&](ByteView key, ByteView value) {
    if (key.size() != from.size() ||
        !std::equal(key.begin(), key.begin() + static_cast<std::ptrdiff_t>(prefix_bytes),
                    from.begin())) {
      return false;
    }
    Reader in(key.subspan(prefix_bytes));
    const std::uint64_t epoch = in.u64_be();
    if (epoch >= below) return false;
    problem = visit(epoch, in.take(rest_bytes), value);
    return problem.ok();
  });
  return scanned.ok() ? problem : scanned;
}

// The events of one class in [from, below), added to `into`.
Status gather_events(const ReadTxn& txn, const Digest& provider, std::string_view class_name,
                     std::uint64_t from, std::uint64_t below, Epochs& into) {
  return gather(txn, tables::kCounted, counted_key(provider, class_name, from, 0),
                sizeof(std::uint64_t), below,
                [&](std::uint64_t epoch, ByteView, ByteView value) -> Status {
                  Result<EventState> event = decode<EventState>(value);
                  if (!event.ok()) return event.error();
                  into[epoch].add(event.value());
                  return {};
                });
}

Status gather_rounds(const ReadTxn& txn, const Digest& provider, std::string_view class_name,
                     std::uint64_t from, std::uint64_t below, Epochs& into) {
  return gather(txn, tables::kRounds, round_key(provider, class_name, from, {}), Digest::kSize,
                below, [&](std::uint64_t epoch, ByteView name, ByteView value) -> Status {
                  Result<RoundState> round = decode<RoundState>(value);
                  if (!round.ok()) return round.error();
                  const Result<Digest> named = Digest::from_view(name);
                  if (!named.ok()) return named.error();
                  into[epoch].rounds[named.value()] = round.value().parts;
                  return {};
                });
}

// Did the round show what is claimed?
bool shows_claim(const PerformanceRound& round) {
  const Measurement& gpu = round[0];
  return gpu.claimed > 0 && Wide{gpu.measured} * 10 >= Wide{gpu.claimed} * 8;
}

Status fold_events(ClassState& state, const EpochEvents& events, std::uint64_t hour,
                   RenterMasses& masses) {
  PassMass mass{.carry = state.carry, .total = state.pass_mass, .of_renters = {}};
  for (const auto& [renter, sixteenths] : events.sixteenths) {
    if (renter == 0) continue;
    Result<std::uint64_t> before = masses.of(renter);
    if (!before.ok()) return before.error();
    mass.of_renters[renter] = before.value();
  }
  state.closed =
      fold_epoch(state.closed, events.counts(mass), hours_between(state.last_hour, hour));
  state.last_hour = hour;
  state.carry = mass.carry;
  state.pass_mass = mass.total;
  for (const auto& [renter, counted] : mass.of_renters) masses.set(renter, counted);
  state.judged += events.passes + events.others.proven;
  state.proven_that_day = state.proven_that_day || events.others.proven > 0;
  return {};
}

// Folds the first of `epochs` up to `below`, and takes them out.
Status fold_epochs(ClassState& state, Epochs& epochs, std::uint64_t below,
                   const wire::Policy& policy, RenterMasses& masses) {
  for (; !epochs.empty() && epochs.begin()->first < below; epochs.erase(epochs.begin())) {
    const auto& [epoch, events] = *epochs.begin();
    if (events.is_evidence()) {
      const Status folded = fold_events(state, events, hour_of_epoch(epoch, policy), masses);
      if (!folded.ok()) return folded;
    }
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
  return {};
}

std::optional<std::uint32_t> days_since_proven(const Record& record) {
  if (!record.last_proven) return std::nullopt;
  return static_cast<std::uint32_t>((record.hours - *record.last_proven) / kHoursPerDay);
}

// The day state.tier_day is over and its epochs are folded: what it means for tier and standing.
Status fold_days_end(const ReadTxn& txn, const Digest& provider, ClassState& state,
                     std::uint64_t since, const wire::Policy& policy) {
  const std::uint64_t day = *state.tier_day;
  const Result<wire::Policy> then = policy_of_day(txn, day, policy);
  if (!then.ok()) return then.error();
  Result<DayState> factors = day_state(txn, provider, day, then.value());
  if (!factors.ok()) return factors.error();
  const Record record = idle_until(state, hour_of_epoch(first_epoch_of(day + 1, policy), policy));
  TierDay it;
  it.proven = std::exchange(state.proven_that_day, false);
  it.age_days = static_cast<std::uint32_t>(day - std::min(day, since));
  const Q30 performance =
      counted_performance(state.performance, q30_from_ppm(then.value().performance_ppm));
  it.trust_ppm = ppm_from_q30(cap_by_age(
      trust(record, factors.value().uptime, performance, factors.value().stake), it.age_days));
  it.audits = state.judged;
  it.uptime_ppm = ppm_from_q30(factors.value().uptime_mean);
  it.days_since_proven = days_since_proven(record);
  state.tier = fold_day(state.tier, it);

  WorkDay work = std::exchange(state.work, {});
  work.uptime_ppm = ppm_from_q30(factors.value().uptime_day);
  work.tier = state.tier.tier;
  work.slashed = it.proven;
  state.standing = fold_work_day(state.standing, work);
  const HardwareClass* card = shown_card(state);
  state.reward_milli +=
      reward_points_milli(work.gpu_seconds, card == nullptr ? 0 : card->dollars, state.tier.tier,
                          state.standing.audits_passed >= kVettedAudits);
  return {};
}

}  // namespace

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

Result<wire::Policy> policy_of_day(const ReadTxn& txn, std::uint64_t day,
                                   const wire::Policy& current) {
  return policy_in(txn, first_epoch_of(day + 1, current) - 1, current);
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

Result<DayState> day_state(const ProviderState& provider, const StakeState& stake,
                           std::uint64_t day, const wire::Policy& policy) {
  Result<UptimeHistory> history = parse_uptime_bytes(provider.uptime);
  if (!history.ok()) return history.error();
  const std::uint64_t window = (day + 1) * kSecondsPerDay / policy.uptime_window_seconds;
  const UptimeScore uptime = measure_uptime(history.value(), window);
  return DayState{.uptime = uptime.uptime,
                  .uptime_mean = uptime.month,
                  .uptime_day = uptime.day,
                  .stake = stake_share(stake, policy),
                  .income_micros = day == provider.days_below ? provider.income_micros : 0};
}

Result<DayState> day_state(const ReadTxn& txn, const Digest& provider, std::uint64_t day,
                           const wire::Policy& policy) {
  Result<std::optional<Bytes>> row = txn.get(tables::kDays, day_key(provider, day));
  if (!row.ok()) return row.error();
  if (row.value()) return decode<DayState>(*row.value());
  const View view(txn);
  Result<std::optional<ProviderState>> who = view.provider(provider);
  if (!who.ok()) return who.error();
  Result<StakeState> stake = view.stake(provider);
  if (!stake.ok()) return stake.error();
  return day_state(who.value().value_or(ProviderState{}), stake.value(), day, policy);
}

Status close_epochs(const ReadTxn& txn, const Digest& provider, ClassState& state,
                    std::uint64_t below, const wire::Policy& policy) {
  RenterMasses masses(txn, provider, state);
  return close_epochs(txn, provider, state, below, policy, masses);
}

Status close_epochs(const ReadTxn& txn, const Digest& provider, ClassState& state,
                    std::uint64_t below, const wire::Policy& policy, RenterMasses& masses) {
  if (state.closed_below >= below) return {};
  Epochs epochs;
  for (const std::string_view name : {std::string_view(state.name), std::string_view()}) {
    Status got = gather_events(txn, provider, name, state.closed_below, below, epochs);
    if (!got.ok()) return got;
  }
  if (state.rounds > 0) {
    Status got = gather_rounds(txn, provider, state.name, state.closed_below, below, epochs);
    if (!got.ok()) return got;
  }
  if (!state.tier_day && !epochs.empty()) {
    const std::uint64_t seconds = epochs.begin()->first * policy.epoch_seconds;
    state.tier_day = seconds / kSecondsPerDay;
  }
  if (state.tier_day && first_epoch_of(*state.tier_day + 1, policy) <= below) {
    Result<std::optional<ProviderState>> who = View(txn).provider(provider);
    if (!who.ok()) return who.error();
    const std::uint64_t since = who.value() ? day_of(who.value()->since) : *state.tier_day;
    for (; first_epoch_of(*state.tier_day + 1, policy) <= below; ++*state.tier_day) {
      const std::uint64_t next = first_epoch_of(*state.tier_day + 1, policy);
      Status folded = fold_epochs(state, epochs, next, policy, masses);
      if (folded.ok()) folded = fold_days_end(txn, provider, state, since, policy);
      if (!folded.ok()) return folded;
    }
  }
  if (Status folded = fold_epochs(state, epochs, below, policy, masses); !folded.ok()) {
    return folded;
  }
  state.closed_below = below;
  return {};
}

}  // namespace assay::reputation
