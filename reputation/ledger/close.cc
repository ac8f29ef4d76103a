#include "reputation/ledger/close.h"

#include <algorithm>
#include <map>

#include "reputation/ledger/policies.h"
#include "reputation/policy/stake.h"
#include "reputation/policy/uptime.h"

namespace assay::reputation {
namespace {

constexpr std::uint64_t kSecondsPerDay = 86'400;
constexpr std::uint32_t kHoursPerDay = 24;
constexpr std::uint32_t kSixteenths = 16;

using Epochs = std::map<std::uint64_t, EpochEvents>;

std::uint32_t hours_between(std::optional<std::uint64_t> last, std::uint64_t hour) {
  return last && hour > *last ? static_cast<std::uint32_t>(hour - *last) : 0;
}

// The events of one class in [from, below), added to `into`.
Status gather(const ReadTxn& txn, const Digest& provider, std::string_view class_name,
              std::uint64_t from, std::uint64_t below, Epochs& into) {
  const Bytes first = counted_key(provider, class_name, from, 0);
  const std::size_t prefix_bytes = first.size() - 2 * sizeof(std::uint64_t);
  Status problem;
  const Status scanned = txn.scan(tables::kCounted, first, [&](ByteView key, ByteView value) {
    if (key.size() != first.size() ||
        !std::equal(key.begin(), key.begin() + static_cast<std::ptrdiff_t>(prefix_bytes),
                    first.begin())) {
      return false;
    }
    const std::uint64_t epoch = Reader(key.subspan(prefix_bytes)).u64_be();
    if (epoch >= below) return false;
    Result<EventState> event = decode<EventState>(value);
    if (!event.ok()) {
      problem = event.error();
      return false;
    }
    into[epoch].add(event.value());
    return true;
  });
  return scanned.ok() ? problem : scanned;
}

// Folds the first of `epochs` up to `below`, and takes them out.
void fold_epochs(ClassState& state, Epochs& epochs, std::uint64_t below,
                 const wire::Policy& policy) {
  while (!epochs.empty() && epochs.begin()->first < below) {
    const auto& [epoch, events] = *epochs.begin();
    const std::uint64_t hour = hour_of_epoch(epoch, policy);
    state.closed =
        fold_epoch(state.closed, events.counts(state.carry), hours_between(state.last_hour, hour));
    state.last_hour = hour;
    state.judged += events.passes + events.others.proven;
    state.proven_that_day = state.proven_that_day || events.others.proven > 0;
    epochs.erase(epochs.begin());
  }
}

std::optional<std::uint32_t> days_since_proven(const Record& record) {
  if (!record.last_proven) return std::nullopt;
  return static_cast<std::uint32_t>((record.hours - *record.last_proven) / kHoursPerDay);
}

}  // namespace

void EpochEvents::add(const EventState& event) {
  if (event.kind == EventKind::pass) {
    passes += 1;
    sixteenths += event.sixteenths;
  } else if (event.kind == EventKind::soft) {
    others.soft += 1;
  } else {
    others.proven += 1;
    others.severity_ppm += event.severity_ppm;
    others.equivocations += event.kind == EventKind::equivocation ? 1 : 0;
  }
}

EpochCounts EpochEvents::counts(std::uint32_t& carry) const {
  const std::uint64_t weight = carry + sixteenths;
  EpochCounts all = others;
  all.passes = static_cast<std::uint32_t>(weight / kSixteenths);
  carry = static_cast<std::uint32_t>(weight % kSixteenths);
  return all;
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
  state.judged = 0;
  state.tier = {};
  state.tier_day.reset();
  state.proven_that_day = false;
}

Result<DayState> day_state(const ProviderState& provider, const StakeState& stake,
                           std::uint64_t day, const wire::Policy& policy) {
  Result<UptimeHistory> history = parse_uptime_bytes(provider.uptime);
  if (!history.ok()) return history.error();
  const std::uint64_t window = (day + 1) * kSecondsPerDay / policy.uptime_window_seconds;
  const UptimeScore uptime = measure_uptime(history.value(), window);
  return DayState{.uptime = uptime.uptime,
                  .uptime_mean = uptime.month,
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
  if (state.closed_below >= below) return {};
  Epochs epochs;
  for (const std::string_view name : {std::string_view(state.name), std::string_view()}) {
    Status got = gather(txn, provider, name, state.closed_below, below, epochs);
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
      const std::uint64_t day = *state.tier_day;
      const std::uint64_t next = first_epoch_of(day + 1, policy);
      TierDay it;
      fold_epochs(state, epochs, next, policy);
      it.proven = state.proven_that_day;
      state.proven_that_day = false;
      const Result<wire::Policy> then = policy_of_day(txn, day, policy);
      if (!then.ok()) return then.error();
      Result<DayState> factors = day_state(txn, provider, day, then.value());
      if (!factors.ok()) return factors.error();
      const Record record = idle_until(state, hour_of_epoch(next, policy));
      it.age_days = static_cast<std::uint32_t>(day - std::min(day, since));
      it.trust_ppm = ppm_from_q30(
          cap_by_age(trust(record, factors.value().uptime,
                           q30_from_ppm(then.value().performance_ppm), factors.value().stake),
                     it.age_days));
      it.audits = state.judged;
      it.uptime_ppm = ppm_from_q30(factors.value().uptime_mean);
      it.days_since_proven = days_since_proven(record);
      state.tier = fold_day(state.tier, it);
    }
  }
  fold_epochs(state, epochs, below, policy);
  state.closed_below = below;
  return {};
}

}  // namespace assay::reputation
