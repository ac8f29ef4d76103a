// The ledger: the transparency log and everything that follows from it, kept in one store.
// One writer thread calls append(); any thread may read through View on a ReadTxn of the store.
//
// A batch is one transaction: leaves, tiles, dedup, job and provider state, tree head. What
// append() returned as appended is on the disk.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "core/wire/dsse.h"
#include "core/wire/snapshot.h"
#include "core/wire/statement.h"
#include "reputation/ledger/policies.h"
#include "reputation/ledger/view.h"

namespace assay::reputation {

// Whose word the log takes for what. A statement by anybody else is refused.
struct Roles {
  std::string origin;
  PublicKey verifier;
  PublicKey vrf;
};

// A statement whose signature has been checked (open_envelope), to be logged.
struct Submission {
  wire::Kind kind = wire::Kind::order;
  wire::OpenedEnvelope opened;
  // opened.payload parsed, by who has done so already; may be null.
  std::shared_ptr<const wire::Statement> said{};
};

struct Appended {
  std::uint64_t index = 0;
  UnixMillis time;
  Digest statement;
  bool already_known = false;
};

// Says a snapshot as the log's verifier.
using SnapshotSigner = std::function<Submission(const wire::Snapshot& snapshot)>;

class Ledger {
 public:
  Ledger(Store& store, Roles roles) : store_(store), roles_(std::move(roles)) {}

  // Logs what is acceptable, in order; each submission has its own answer. Log time is `now`, or
  // the last leaf's time where that is later.
  //   outer error: storage     nothing of the batch happened; the store takes no more writes
  //   inner errors: malformed  not the schema of its kind
  //                 permission the signer does not hold the role that the statement needs
  //                 conflict   against what is logged (sequence, second attestation, deadline, …)
  //                 not_found  about something that is not in the log
  //                 proof      a draw whose VRF proof or checkpoint does not hold
  Result<std::vector<Result<Appended>>> append(std::span<const Submission> batch, UnixMillis now);

  // From now on append() logs each snapshot that is due (snapshots.h) before what it is given, in
  // the same transaction, even if that is nothing. Call before the first append().
  void sign_snapshots(SnapshotSigner signer) { sign_snapshot_ = std::move(signer); }

  Store& store() { return store_; }
  const Roles& roles() const { return roles_; }

 private:
  Store& store_;
  Roles roles_;
  PoliciesInForce policies_;  // append()'s
  SnapshotSigner sign_snapshot_;
};

// Rebuilds a ledger from the leaves of `from` alone, into the empty store `into`, checking every
// leaf's signature on the way.
//   signature    a leaf's signature does not hold
//   mismatch     a leaf that the rules refuse, or a head that does not follow
//   storage      either store fails
Status refold(const ReadTxn& from, const Roles& roles, Store& into);

// Recomputes the root from the stored leaves and compares it with the tiles and the head.
//   proof        they differ: says where
Status check_log(const ReadTxn& txn);

// Are the states that are kept those that the last snapshot is of?
//   mismatch     they are others
//   storage      the store fails
Status check_snapshot(const ReadTxn& txn);

// Folds every class of every provider again, from its counted events alone, and compares it with
// the row that is kept. Returns how many events there are.
//   mismatch     the first class whose record or tier is another
//   conflict     a log without a policy
//   storage      the store fails
Result<std::uint64_t> check_scores(const ReadTxn& txn);

}  // namespace assay::reputation
