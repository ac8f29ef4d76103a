#include "reputation/ledger/policies.h"

#include <algorithm>

#include "reputation/ledger/tables.h"
#include "reputation/ledger/view.h"

namespace assay::reputation {
namespace {

Result<LoggedPolicy> read_row(ByteView key, ByteView value) {
  LoggedPolicy out;
  Reader in(value);
  out.index = Reader(key).u64_be();
  out.from_epoch = in.u64_be();
  out.text = as_text(in.take(in.left()));
  if (!in.ok()) return fail(Code::storage, "a policy's row is cut short");
  Result<wire::Policy> policy = wire::parse_policy(out.text);
  if (!policy.ok()) return fail(Code::storage, policy.error().what);
  out.policy = std::move(policy).value();
  out.digest = wire::policy_digest(out.text);
  return out;
}

}  // namespace

Status PoliciesInForce::read(const ReadTxn& txn, const Digest& newest) {
  const Result<std::uint64_t> count = txn.count(tables::kPolicies);
  if (!count.ok()) return count.error();
  const bool current = count.value() == known_.size() && !known_.empty();
  if (current && known_.back().digest == newest) return {};
  // What was read of a transaction that came to nothing is not there any more.
  std::size_t at = 0;
  Status wrong;
  const Status scanned = txn.scan(tables::kPolicies, {}, [&](ByteView key, ByteView value) {
    Result<LoggedPolicy> row = read_row(key, value);
    if (!row.ok()) {
      wrong = row.error();
      return false;
    }
    const bool known = at < known_.size() && known_[at].index == row.value().index &&
                       known_[at].text == row.value().text;
    if (!known) {
      known_.resize(std::min(at, known_.size()));
      known_.push_back(std::move(row).value());
    }
    ++at;
    return true;
  });
  if (!scanned.ok()) return scanned;
  if (!wrong.ok()) return wrong;
  known_.resize(at);
  if (known_.empty()) return fail(Code::conflict, "the first leaf of a log must be its policy");
  return {};
}

Result<const std::deque<LoggedPolicy>*> PoliciesInForce::all(const ReadTxn& txn,
                                                             const Digest& newest) {
  if (Status known = read(txn, newest); !known.ok()) return known.error();
  return &known_;
}

Result<const LoggedPolicy*> PoliciesInForce::at(const ReadTxn& txn, const Digest& newest,
                                                UnixMillis time) {
  if (Status known = read(txn, newest); !known.ok()) return known.error();
  const std::uint64_t epoch = epoch_of(time, known_.front().policy);
  const auto next = std::ranges::upper_bound(known_, epoch, {}, &LoggedPolicy::from_epoch);
  return next == known_.begin() ? &known_.front() : &*std::prev(next);
}

Result<const LoggedPolicy*> PoliciesInForce::logged(const ReadTxn& txn, const Digest& newest,
                                                    std::uint64_t index) {
  if (Status known = read(txn, newest); !known.ok()) return known.error();
  const auto found = std::ranges::lower_bound(known_, index, {}, &LoggedPolicy::index);
  if (found == known_.end() || found->index != index) {
    return fail(Code::not_found, "leaf " + std::to_string(index) + " is not a policy");
  }
  return &*found;
}

Status may_follow(const LoggedPolicy& last, const wire::Policy& next, std::uint64_t from_epoch,
                  UnixMillis time) {
  const wire::Policy& before = last.policy;
  if (wire::policy_digest(wire::policy_text(next)) == last.digest) {
    return fail(Code::conflict, "that policy is the newest already");
  }
  const auto fixed = [](const char* what) {
    return fail(Code::conflict, std::string(what) + ": no policy may change it, because what was " +
                                    "counted before would mean something else");
  };
  if (next.epoch_seconds != before.epoch_seconds) return fixed("epoch_seconds");
  if (next.uptime_window_seconds != before.uptime_window_seconds) {
    return fixed("uptime_window_seconds");
  }
  if (next.currency != before.currency) return fixed("currency");
  const std::uint64_t first =
      std::max(epoch_of(time, before) + kPolicyNoticeEpochs, last.from_epoch + 1);
  if (from_epoch < first) {
    return fail(Code::conflict,
                "activation_epoch: " + std::to_string(from_epoch) +
                    " is too soon; a policy is announced " + std::to_string(kPolicyNoticeEpochs) +
                    " epochs before it is in force: " + std::to_string(first) + " or later");
  }
  return {};
}

Result<wire::Policy> policy_in(const ReadTxn& txn, std::uint64_t epoch,
                               const wire::Policy& current) {
  const Result<std::uint64_t> count = txn.count(tables::kPolicies);
  if (!count.ok()) return count.error();
  if (count.value() <= 1) return current;
  Result<wire::Policy> out = current;
  const Status scanned = txn.scan(tables::kPolicies, {}, [&](ByteView key, ByteView value) {
    Result<LoggedPolicy> row = read_row(key, value);
    if (!row.ok()) {
      out = row.error();
    } else if (row.value().index == 0 || row.value().from_epoch <= epoch) {
      out = std::move(row).value().policy;
      return true;
    }
    return false;
  });
  if (!scanned.ok()) return scanned.error();
  return out;
}

Status put_policy(WriteTxn& txn, std::uint64_t index, std::uint64_t from_epoch,
                  std::string_view text) {
  Bytes value;
  put_u64_be(value, from_epoch);
  append(value, as_bytes(text));
  return txn.put(tables::kPolicies, index_key(index), value);
}

}  // namespace assay::reputation
