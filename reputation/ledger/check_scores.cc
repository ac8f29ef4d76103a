#include "core/base/bytes.h"
#include "reputation/ledger/close.h"
#include "reputation/ledger/ledger.h"
#include "reputation/ledger/tables.h"

namespace assay::reputation {
namespace {

Status check_class(const ReadTxn& txn, const Digest& provider, const ClassState& kept,
                   const wire::Policy& policy) {
  ClassState again = kept;
  open_epochs(again);
  RenterMasses masses(txn, provider, again);
  const Status closed = close_epochs(txn, provider, again, kept.closed_below, policy, masses);
  if (!closed.ok()) return closed;
  const Result<bool> shares = masses.is_kept();
  if (!shares.ok()) return shares.error();
  if (encode(again) == encode(kept) && shares.value()) return {};
  return fail(Code::mismatch, "class " + kept.name + " of provider " + provider.hex() +
                                  " is not what its events fold to");
}

}  // namespace

Result<std::uint64_t> check_scores(const ReadTxn& txn) {
  const Result<Head> head = View(txn).head();
  if (!head.ok()) return head.error();
  if (head.value().size == 0) return std::uint64_t{0};
  const Result<wire::Policy> policy = View(txn).policy();
  if (!policy.ok()) return policy.error();
  Status wrong;
  const Status scanned = View(txn).each_class([&](const Digest& provider, const ClassState& row) {
    wrong = check_class(txn, provider, row, policy.value());
    return wrong.ok();
  });
  if (!scanned.ok()) return scanned.error();
  if (!wrong.ok()) return wrong.error();
  return txn.count(tables::kCounted);
}

}  // namespace assay::reputation
