// Reading the ledger: typed rows and scores out of one transaction.
// Threads: those of the transaction. Errors: `storage` as the store's; a row that is not there is
// an empty optional.
#pragma once

#include <functional>

#include "core/wire/policy.h"
#include "reputation/ledger/epochs.h"
#include "reputation/ledger/log.h"
#include "reputation/ledger/policies.h"
#include "reputation/ledger/renter_masses.h"
#include "reputation/ledger/states.h"
#include "reputation/ledger/tables.h"
#include "reputation/policy/hardware.h"
#include "reputation/policy/jail.h"

namespace assay::reputation {

// Where a class stands in an epoch, everything folded up to and including it.
struct ClassScore {
  std::string name;
  Record record;
  Q30 trust = 0;  // at most what the key's age allows
  Tier tier = Tier::entry;
  std::uint64_t attested = 0;
  std::uint64_t audited = 0;
  std::uint64_t passed = 0;
  Q30 performance = 0;  // P as it counts: what was measured, the policy's word for what was not
  bool unmeasured = true;
  bool revoked = false;                    // measured, and not what is claimed
  std::uint64_t measured_rate = 0;         // of the GPU, from below; 0: not measured
  const HardwareClass* shown = nullptr;    // the card that this rate shows, if any
  Standing standing;                       // by the days that are over
  std::uint64_t reward_milli = 0;          // likewise: reward points, in thousandths
  std::optional<std::uint64_t> last_hour;  // absolute index of the last hour that counted something
};

struct ProviderScore {
  PublicKey provider;
  Q30 uptime = 0;
  Q30 stake = 0;  // K
  std::uint64_t epoch = 0;
  std::uint32_t age_days = 0;       // of the key
  std::vector<ClassScore> classes;  // by name
  // The headline: the audited class with the lowest trust; none before the first audit.
  std::optional<std::size_t> headline;
};

// One line of a score's history: what a leaf counted for, and in which class ("" is every class:
// proven frauds).
struct CountedEvent {
  std::string class_name;
  std::uint64_t epoch = 0;
  std::uint64_t index = 0;  // the leaf
  EventState event;
};

class View {
 public:
  explicit View(const ReadTxn& txn) : txn_(txn) {}

  Result<Head> head() const;            // of an empty log: all zeros
  Result<wire::Policy> policy() const;  // at the last leaf; `conflict` before the first
  // In force at that time, by the leaves that `head` counts; `conflict` before the first.
  Result<LoggedPolicy> policy_at(const Head& head, UnixMillis time) const;
  Result<std::optional<std::string>> policy_text(const Digest& digest) const;

  Result<std::optional<JobState>> job(const Digest& id) const;
  Result<std::optional<ProviderState>> provider(const Digest& id) const;
  Result<std::optional<AttestationState>> attestation(std::uint64_t index) const;
  Result<std::optional<SlashState>> slash(std::uint64_t index) const;
  Result<std::optional<DisputeState>> dispute(std::uint64_t index) const;
  Result<StakeState> stake(const Digest& provider) const;  // nothing bonded: all zeros
  Result<std::optional<ClassState>> class_of(const Digest& provider, std::string_view name) const;
  Result<std::vector<ClassState>> classes_of(const Digest& provider) const;
  Result<std::optional<std::uint64_t>> logged_at(const Digest& dedup_key) const;
  Result<std::optional<std::uint64_t>> claim(const Digest& job, const Digest& provider) const;

  Result<std::optional<ChallengeState>> challenge(std::uint64_t index) const;
  Result<std::optional<WorkerState>> worker(const PublicKey& key) const;

  // Visit rows in key order until the visitor answers false.
  Status each_provider(const std::optional<Digest>& after,
                       const std::function<bool(const Digest&, const ProviderState&)>&) const;
  Status each_class(const std::function<bool(const Digest&, const ClassState&)>& visit) const;
  Status each_job(const std::function<bool(const Digest&, const JobState&)>&) const;
  Status each_attestation(std::uint64_t from,
                          const std::function<bool(std::uint64_t, const AttestationState&)>&) const;
  Status each_slash(std::uint64_t from,
                    const std::function<bool(std::uint64_t, const SlashState&)>&) const;
  // Appeals by their own leaves, each with that of its slash.
  Status each_appeal(std::uint64_t from,
                     const std::function<bool(std::uint64_t appeal, std::uint64_t slash)>&) const;
  Status each_dispute(std::uint64_t from,
                      const std::function<bool(std::uint64_t, const DisputeState&)>&) const;
  // What waits for a draw over its cause, from the cause `from` on.
  Status each_reaudit(std::uint64_t from,
                      const std::function<bool(std::uint64_t cause, std::uint64_t attestation,
                                               const ReauditState&)>&) const;
  Status each_worker(const std::function<bool(const WorkerState&)>&) const;
  // The matches that rest on a worker and are leaf `from` or later, void ones too.
  Status each_match_of(
      const PublicKey& worker, std::uint64_t from,
      const std::function<bool(std::uint64_t verdict, std::uint64_t attestation)>&) const;
  // Of all its classes, or of one and of ""; ascending by epoch, kind and leaf.
  Result<std::vector<CountedEvent>> history(
      const Digest& provider, std::optional<std::string_view> class_name = std::nullopt) const;

  // The fold of every epoch up to `epoch`, idle time included; nothing is written.
  Result<Record> record_at(const Digest& provider, const ClassState& state, std::uint64_t epoch,
                           const wire::Policy& policy) const;
  Result<ProviderScore> score(const Digest& provider, const ProviderState& state, UnixMillis now,
                              const wire::Policy& policy) const;

  // The jail that a provider is in; none when it is free.
  Result<std::optional<Jail>> jail(const Digest& provider, const ProviderState& state,
                                   UnixMillis now, const wire::Policy& policy) const;

  LogView log(std::uint64_t size) const { return LogView(txn_, size); }

 private:
  const ReadTxn& txn_;
};

// Keys of the derived tables, shared with the code that writes them.
Bytes class_key(const Digest& provider, std::string_view class_name);
Bytes counted_key(const Digest& provider, std::string_view class_name, std::uint64_t epoch,
                  std::uint64_t index);
Bytes round_key(const Digest& provider, std::string_view class_name, std::uint64_t epoch,
                const Digest& round);
Bytes renter_key(const Digest& provider, std::string_view class_name, std::uint64_t renter);
Bytes claim_key(const Digest& job, const Digest& provider);

Bytes day_key(const Digest& provider, std::uint64_t day);
Bytes reaudit_key(std::uint64_t cause, std::uint64_t attestation);
Bytes worker_verdict_key(const PublicKey& worker, std::uint64_t verdict);

std::uint64_t day_of(UnixMillis time);  // since 1970
std::uint64_t epoch_of(UnixMillis time, const wire::Policy& policy);
// The first epoch of a day: of those that begin on it.
std::uint64_t first_epoch_of(std::uint64_t day, const wire::Policy& policy);
std::uint64_t hour_of_epoch(std::uint64_t epoch, const wire::Policy& policy);
std::uint64_t window_of(UnixMillis time, const wire::Policy& policy);  // of uptime

// What a day ended with: its row, or where none was written yet what would be written now.
Result<DayState> day_state(const ReadTxn& txn, const Digest& provider, std::uint64_t day,
                           const wire::Policy& policy);
// The same out of rows in hand.
Result<DayState> day_state(const ProviderState& provider, const StakeState& stake,
                           std::uint64_t day, const wire::Policy& policy);

// Folds what is known of one class, and what counts in every class, of epochs in
// [state.closed_below, below) into `state`, and the days that end with them into its tier and its
// standing. Whoever keeps the state writes the masses as well.
Status close_epochs(const ReadTxn& txn, const Digest& provider, ClassState& state,
                    std::uint64_t below, const wire::Policy& policy, RenterMasses& masses);
// The same for a state that is only looked at.
Status close_epochs(const ReadTxn& txn, const Digest& provider, ClassState& state,
                    std::uint64_t below, const wire::Policy& policy);

}  // namespace assay::reputation
