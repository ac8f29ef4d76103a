// The rules: what one logged statement changes. Each function checks everything before it changes
// anything, so that a refused statement leaves no trace. Deterministic: the same leaves give the
// same rows on every machine, which is what refold relies on.
#pragma once

#include "reputation/ledger/ledger.h"

namespace assay::reputation {

struct MadeSnapshot;

// One statement on its way into the log as leaf `index`.
struct Entry {
  const Submission& submission;
  std::uint64_t index = 0;
  UnixMillis time;
  Digest leaf;                         // its leaf hash
  const MadeSnapshot* made = nullptr;  // of a snapshot: what it must say, where that is known
};

// Applies the statement's effect to the derived rows; `head` is updated in place (counters, draws,
// policy), not its size and root. Errors as Ledger::append.
Status apply(WriteTxn& txn, const Roles& roles, PoliciesInForce& policies, Head& head,
             const Entry& entry);

// Writing rows, shared by the rules.
Status put_job(WriteTxn& txn, const Digest& id, const JobState& row);
Status put_provider(WriteTxn& txn, const Digest& id, const ProviderState& row);
Status put_class(WriteTxn& txn, const Digest& provider, const ClassState& row);
Status put_attestation(WriteTxn& txn, std::uint64_t index, const AttestationState& row);
Status put_dispute(WriteTxn& txn, std::uint64_t index, const DisputeState& row);
Status put_slash(WriteTxn& txn, std::uint64_t index, const SlashState& row);
Status put_challenge(WriteTxn& txn, std::uint64_t index, const ChallengeState& row);
Status put_worker(WriteTxn& txn, const WorkerState& row);
Status put_stake(WriteTxn& txn, const Digest& id, const StakeState& row);

// Writes the DayState of every day that is over, as it was when that day ended: call before the
// first change of the provider, its uptime or its stake. The row is changed in memory; the caller
// writes it.
Status close_days(WriteTxn& txn, const Digest& id, ProviderState& row, UnixMillis time,
                  const wire::Policy& policy);

// Counts a pass or a soft failure of one class, said by leaf `index` at `time`; makes the class row
// if there is none.
Status count_event(WriteTxn& txn, const Digest& provider, ClassState& row, const EventState& event,
                   std::uint64_t index, UnixMillis time, const wire::Policy& policy);
// Counts a round of measurements of one class likewise, by its name.
Status count_round(WriteTxn& txn, const Digest& provider, ClassState& row, const Digest& round,
                   const RoundState& measured, UnixMillis time, const wire::Policy& policy);
// Counts a proven fault, or a report, which counts in every class.
Status count_fault(WriteTxn& txn, const Digest& provider, const EventState& event,
                   std::uint64_t index, UnixMillis time, const wire::Policy& policy);
// Takes back what leaf `index` counted ("" for a fault or a report) and folds again what had been
// folded with it: the scores are what they would have been.
Status uncount(WriteTxn& txn, const Digest& provider, std::string_view class_name,
               std::uint64_t index, UnixMillis time, const wire::Policy& policy);

}  // namespace assay::reputation
