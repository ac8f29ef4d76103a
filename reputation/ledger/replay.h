// Replaying the leaves of somebody else's log by its rules: what a monitor and a read replica do
// with what they fetched and checked. Threads: one at a time for a store, as Ledger.
#pragma once

#include "reputation/ledger/ledger.h"

namespace assay::reputation {

// A leaf of somebody else's log, parsed, its signature checked.
struct LoggedLeaf {
  Submission submission;
  UnixMillis time;
};
//   malformed    what it holds is no statement
Result<LoggedLeaf> logged_leaf(wire::LogLeaf leaf);

// What is told while leaves are replayed, inside the transaction that they are part of. An error
// ends the replay, and nothing of it happened.
class ReplayHooks {
 public:
  virtual ~ReplayHooks() = default;
  // Leaf `index` has been applied: the view shows what follows from it, `head` the counters.
  virtual Status applied(const View& view, const Head& head, std::uint64_t index,
                         const LoggedLeaf& leaf) = 0;
  // Before the commit: for records that must change with the leaves.
  virtual Status closing(WriteTxn& txn, const Head& head) = 0;
};

struct Replayed {
  std::uint64_t leaves = 0;      // appended, durably
  std::optional<Error> refused;  // what the rules say against the leaf after them
};

// Appends the leaves of another log as they are, under their own times, in one transaction: the
// same rules as append(), and no signing key. Stops at the first leaf that the rules refuse.
//   refused      Ledger::append's inner errors; conflict: logged before; malformed: its time is
//                before the last leaf's
//   storage      nothing of it happened; errors of the hooks likewise
Result<Replayed> replay(Store& store, const Roles& roles, std::span<const LoggedLeaf> leaves,
                        ReplayHooks* hooks = nullptr);

}  // namespace assay::reputation
