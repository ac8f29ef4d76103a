// Snapshots of all scores, for final score statements. Time is cut into periods: the least multiple
// of the policy's epochs that is kSnapshotSecondsMin or longer, an hour by the default policy. A
// period with leaves is closed by one snapshot, which is the first leaf after it: whatever is said
// of a period is folded in, and nothing else. A period with no leaf but a snapshot has none, so
// that a log where nothing happens does not grow.
//
// What is due follows from the log alone, and so does every byte of it.
#pragma once

#include "core/wire/snapshot.h"
#include "reputation/ledger/ledger.h"

namespace assay::reputation {

inline constexpr std::uint64_t kSnapshotSecondsMin = 10;

std::uint64_t snapshot_epochs(const wire::Policy& policy);  // of one period
// The epoch that a snapshot would be of if a leaf of `time` came next; none: nothing is due.
//   storage      the store fails
Result<std::optional<std::uint64_t>> snapshot_due(const ReadTxn& txn, const Head& head,
                                                  UnixMillis time, const wire::Policy& policy);

// All states as `epoch` ends, what is in the log being all that there is: what View::score() says
// at the last millisecond of it, in the order of their keys.
struct SnapshotStates {
  std::vector<Bytes> keys;    // class_key()
  std::vector<Bytes> states;  // wire::score_state_bytes()
  Digest root;
};
Result<SnapshotStates> snapshot_states(const ReadTxn& txn, std::uint64_t epoch,
                                       const wire::Policy& policy);

// The snapshot that is due, with the states it is of. The tiles must have been flushed.
//   not_found    none is due
//   storage      the store fails
struct MadeSnapshot {
  wire::Snapshot said;
  SnapshotStates states;
};
Result<MadeSnapshot> make_snapshot(const ReadTxn& txn, const Roles& roles,
                                   PoliciesInForce& policies, const Head& head, UnixMillis time);

}  // namespace assay::reputation
