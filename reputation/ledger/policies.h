// The policies of a log: the first leaf's, and each that a later leaf set, in force from an epoch
// on until the next one is. Epochs are counted by the first policy's grid, which none may change.
// Values; any thread, but a PoliciesInForce one at a time.
#pragma once

#include <deque>

#include "core/wire/policy.h"
#include "reputation/ledger/store.h"

namespace assay::reputation {

// Epochs from the leaf that sets a policy to the first in which it may be in force: a day, where
// epochs are hours. Who does not like it can go before.
inline constexpr std::uint64_t kPolicyNoticeEpochs = 24;

struct LoggedPolicy {
  std::uint64_t index = 0;       // its leaf
  std::uint64_t from_epoch = 0;  // in force from here on
  Digest digest;
  std::string text;
  wire::Policy policy;
};

// Which of them is in force, each read and parsed once. What it points to stays as long as its leaf
// does.
class PoliciesInForce {
 public:
  // `newest`: the digest of the one logged last (Head::policy), by which is known whether there are
  // any that were not read yet.
  //   conflict     the log has no policy yet
  //   storage      the store fails, or what it holds is no policy
  Result<const LoggedPolicy*> at(const ReadTxn& txn, const Digest& newest, UnixMillis time);
  //   not_found    leaf `index` is not a policy
  Result<const LoggedPolicy*> logged(const ReadTxn& txn, const Digest& newest, std::uint64_t index);
  Result<const std::deque<LoggedPolicy>*> all(const ReadTxn& txn, const Digest& newest);

 private:
  Status read(const ReadTxn& txn, const Digest& newest);

  std::deque<LoggedPolicy> known_;  // by leaf, and so by epoch
};

// May `next`, in a leaf of `time`, follow `last`?
//   conflict     says what it changes that no policy may change, or how much later it must begin
Status may_follow(const LoggedPolicy& last, const wire::Policy& next, std::uint64_t from_epoch,
                  UnixMillis time);

// The policy of an epoch, `current` being one of the same log. Reads only where there are several.
Result<wire::Policy> policy_in(const ReadTxn& txn, std::uint64_t epoch,
                               const wire::Policy& current);

// Its row: written by the rule that logs it.
Status put_policy(WriteTxn& txn, std::uint64_t index, std::uint64_t from_epoch,
                  std::string_view text);

}  // namespace assay::reputation
