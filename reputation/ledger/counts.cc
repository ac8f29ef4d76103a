#include "reputation/ledger/apply.h"
#include "reputation/ledger/close.h"

namespace assay::reputation {

Status put_job(WriteTxn& txn, const Digest& id, const JobState& row) {
  return txn.put(tables::kJobs, id.view(), encode(row));
}

Status put_provider(WriteTxn& txn, const Digest& id, const ProviderState& row) {
  return txn.put(tables::kProviders, id.view(), encode(row));
}

Status put_class(WriteTxn& txn, const Digest& provider, const ClassState& row) {
  return txn.put(tables::kClasses, class_key(provider, row.name), encode(row));
}

Status put_attestation(WriteTxn& txn, std::uint64_t index, const AttestationState& row) {
  return txn.put(tables::kAttestations, index_key(index), encode(row));
}

Status put_dispute(WriteTxn& txn, std::uint64_t index, const DisputeState& row) {
  return txn.put(tables::kDisputes, index_key(index), encode(row));
}

Status put_slash(WriteTxn& txn, std::uint64_t index, const SlashState& row) {
  return txn.put(tables::kSlashes, index_key(index), encode(row));
}

Status put_challenge(WriteTxn& txn, std::uint64_t index, const ChallengeState& row) {
  return txn.put(tables::kChallenges, index_key(index), encode(row));
}

Status put_worker(WriteTxn& txn, const WorkerState& row) {
  return txn.put(tables::kWorkers, provider_id(row.key).view(), encode(row));
}

Status put_stake(WriteTxn& txn, const Digest& id, const StakeState& row) {
  return txn.put(tables::kStakes, id.view(), encode(row));
}

namespace {

// Closes epochs of a class whose row the caller writes.
Status keep_closed(WriteTxn& txn, const Digest& provider, ClassState& row, std::uint64_t below,
                   const wire::Policy& policy) {
  if (row.closed_below >= below) return {};
  RenterMasses masses(txn, provider, row);
  const Status closed = close_epochs(txn, provider, row, below, policy, masses);
  return closed.ok() ? masses.write(txn) : closed;
}

}  // namespace

Status close_days(WriteTxn& txn, const Digest& id, ProviderState& row, UnixMillis time,
                  const wire::Policy& policy) {
  const std::uint64_t today = day_of(time);
  if (row.days_below >= today) return {};
  Result<StakeState> stake = View(txn).stake(id);
  if (!stake.ok()) return stake.error();
  for (; row.days_below < today; ++row.days_below) {
    const Result<wire::Policy> then = policy_of_day(txn, row.days_below, policy);
    if (!then.ok()) return then.error();
    Result<DayState> day = day_state(row, stake.value(), row.days_below, then.value());
    if (!day.ok()) return day.error();
    const Status put = txn.put(tables::kDays, day_key(id, row.days_below), encode(day.value()));
    if (!put.ok()) return put;
    row.income_micros = 0;
  }
  return {};
}

Status count_event(WriteTxn& txn, const Digest& provider, ClassState& row, const EventState& event,
                   std::uint64_t index, UnixMillis time, const wire::Policy& policy) {
  const std::uint64_t epoch = epoch_of(time, policy);
  if (Status closed = keep_closed(txn, provider, row, epoch, policy); !closed.ok()) return closed;
  const Bytes key = counted_key(provider, row.name, epoch, index);
  if (Status put = txn.put(tables::kCounted, key, encode(event)); !put.ok()) return put;
  return put_class(txn, provider, row);
}

Status count_round(WriteTxn& txn, const Digest& provider, ClassState& row, const Digest& round,
                   const RoundState& measured, UnixMillis time, const wire::Policy& policy) {
  const std::uint64_t epoch = epoch_of(time, policy);
  if (Status closed = keep_closed(txn, provider, row, epoch, policy); !closed.ok()) return closed;
  const Bytes key = round_key(provider, row.name, epoch, round);
  if (Status put = txn.put(tables::kRounds, key, encode(measured)); !put.ok()) return put;
  ++row.rounds;
  return put_class(txn, provider, row);
}

// No class has closed the epoch of `time` yet: epochs close when a later one begins, and log time
// does not run backwards.
Status count_fault(WriteTxn& txn, const Digest& provider, const EventState& event,
                   std::uint64_t index, UnixMillis time, const wire::Policy& policy) {
  const Bytes key = counted_key(provider, "", epoch_of(time, policy), index);
  return txn.put(tables::kCounted, key, encode(event));
}

Status uncount(WriteTxn& txn, const Digest& provider, std::string_view class_name,
               std::uint64_t index, UnixMillis time, const wire::Policy& policy) {
  const std::uint64_t epoch = epoch_of(time, policy);
  const Bytes key = counted_key(provider, class_name, epoch, index);
  if (Status erased = txn.erase(tables::kCounted, key); !erased.ok()) return erased;
  Result<std::vector<ClassState>> classes = View(txn).classes_of(provider);
  if (!classes.ok()) return classes.error();
  for (ClassState& state : classes.value()) {
    const bool counted = class_name.empty() || state.name == class_name;
    if (!counted || state.closed_below <= epoch) continue;
    const std::uint64_t below = state.closed_below;
    open_epochs(state);
    if (Status closed = keep_closed(txn, provider, state, below, policy); !closed.ok()) {
      return closed;
    }
    if (Status put = put_class(txn, provider, state); !put.ok()) return put;
  }
  return {};
}

}  // namespace assay::reputation
