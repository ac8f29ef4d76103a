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

using Epochs = std::map<std::uint64_t, EpochEvents>;

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

// What has counted of each renter that the events name.
Result<std::map<std::uint64_t, std::uint64_t>> masses_of(const EpochEvents& events,
                                                         RenterMasses& masses) {
  std::map<std::uint64_t, std::uint64_t> of_renters;
  for (const auto& [renter, sixteenths] : events.sixteenths) {
    if (renter == 0) continue;
    Result<std::uint64_t> before = masses.of(renter);
    if (!before.ok()) return before.error();
    of_renters[renter] = before.value();
  }
  return of_renters;
}

// Folds the first of `epochs` up to `below`, and takes them out.
Status fold_epochs(ClassState& state, Epochs& epochs, std::uint64_t below,
                   const wire::Policy& policy, RenterMasses& masses) {
  for (; !epochs.empty() && epochs.begin()->first < below; epochs.erase(epochs.begin())) {
    const auto& [epoch, events] = *epochs.begin();
    Result<std::map<std::uint64_t, std::uint64_t>> of_renters = masses_of(events, masses);
    if (!of_renters.ok()) return of_renters.error();
    fold_epoch_events(state, events, hour_of_epoch(epoch, policy), of_renters.value());
    for (const auto& [renter, counted] : of_renters.value()) masses.set(renter, counted);
  }
  return {};
}

// The day state.tier_day is over and its epochs are folded: what it means for tier and standing.
Status fold_days_end(const ReadTxn& txn, const Digest& provider, ClassState& state,
                     std::uint64_t since, const wire::Policy& policy) {
  const std::uint64_t day = *state.tier_day;
  const Result<wire::Policy> then = policy_of_day(txn, day, policy);
  if (!then.ok()) return then.error();
  Result<DayState> factors = day_state(txn, provider, day, then.value());
  if (!factors.ok()) return factors.error();
  fold_day_end(state, factors.value(), hour_of_epoch(first_epoch_of(day + 1, policy), policy),
               since, then.value());
  return {};
}

}  // namespace

Result<wire::Policy> policy_of_day(const ReadTxn& txn, std::uint64_t day,
                                   const wire::Policy& current) {
  return policy_in(txn, first_epoch_of(day + 1, current) - 1, current);
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
