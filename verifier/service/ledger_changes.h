// What commits change about providers: whose rows, and which of their jobs are unsettled. Follows
// the store, whoever writes to it: the service or a replica's follower. One of these per store.
// Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "reputation/ledger/view.h"
#include "reputation/policy/audit_rate.h"

namespace assay::verifier {

class LedgerChanges {
 public:
  // Before anything is written that is to be noticed.
  explicit LedgerChanges(reputation::Store& store);

  // Jobs accepted and not settled, of each provider that has any; stake is left to the caller.
  using OpenJobs = std::map<Digest, reputation::Exposure>;

  struct Changes {
    std::unique_ptr<reputation::ReadTxn> txn;
    bool everything = false;     // anybody may have changed
    std::set<Digest> providers;  // whose rows were written since the last call
    OpenJobs open;               // in the snapshot
  };
  //   storage      the store fails; the next call says everything
  Result<Changes> take();

  // What there is now. Leaves who changed to the next take().
  Result<OpenJobs> open_jobs();

 private:
  struct Job {
    Digest provider;
    std::uint64_t price_micros = 0;
  };

  Result<std::unique_ptr<reputation::ReadTxn>> catch_up();
  void count(const Digest& id, const reputation::JobState& job);
  void discount(const Digest& id);

  reputation::Store& store_;
  std::mutex mutex_;    // guards everything below
  bool reread_ = true;  // what was noted is lost to an error
  bool everything_ = true;
  std::set<Digest> providers_;
  std::map<Digest, Job> jobs_;  // unsettled ones
  OpenJobs open_;
};

}  // namespace assay::verifier
