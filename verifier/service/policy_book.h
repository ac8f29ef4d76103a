// The policies of the log as a running service knows them: which one is in force, and each by its
// leaf. What it hands out stays as long as it does, so that work begun under one policy ends under
// it. Thread-safe.
#pragma once

#include <atomic>
#include <mutex>

#include "reputation/ledger/ledger.h"

namespace assay::verifier {

class PolicyBook {
 public:
  // `first`: in force until the log tells, as its first leaf will have it.
  explicit PolicyBook(wire::Policy first);

  // Reads what was logged since, and which policy is in force by now: that of log time, which is
  // never before the last leaf's. Call each tick.
  //   storage      the store fails; nothing changes
  Status refresh(reputation::Store& store, UnixMillis now);

  const reputation::LoggedPolicy& now() const { return *now_; }
  // That of a job, by JobState::policy_index.
  //   inconclusive it is not known here (yet)
  Result<const reputation::LoggedPolicy*> logged(std::uint64_t index) const;
  reputation::LoggedPolicy newest() const;
  std::vector<Digest> digests() const;  // of all, oldest first

 private:
  mutable std::mutex mutex_;  // guards known_ and policies_
  reputation::PoliciesInForce policies_;
  std::deque<reputation::LoggedPolicy> known_;  // grows at its end only
  std::atomic<const reputation::LoggedPolicy*> now_;
};

}  // namespace assay::verifier
