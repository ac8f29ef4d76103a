#include "verifier/service/policy_book.h"

#include <algorithm>

namespace assay::verifier {

using reputation::LoggedPolicy;

PolicyBook::PolicyBook(wire::Policy first) {
  LoggedPolicy row;
  row.text = wire::policy_text(first);
  row.digest = wire::policy_digest(row.text);
  row.policy = std::move(first);
  known_.push_back(std::move(row));
  now_ = &known_.back();
}

Status PolicyBook::refresh(reputation::Store& store, UnixMillis now) {
  const auto txn = store.read();
  if (!txn.ok()) return txn.error();
  const Result<reputation::Head> head = reputation::View(*txn.value()).head();
  if (!head.ok()) return head.error();
  if (head.value().size == 0) return {};
  const std::scoped_lock lock(mutex_);
  const auto all = policies_.all(*txn.value(), head.value().policy);
  if (!all.ok()) return all.error();
  for (std::size_t i = known_.size(); i < all.value()->size(); ++i) {
    known_.push_back((*all.value())[i]);
  }
  const std::uint64_t epoch =
      reputation::epoch_of(std::max(now, head.value().last_time), known_.front().policy);
  const auto next = std::ranges::upper_bound(known_, epoch, {}, &LoggedPolicy::from_epoch);
  now_ = &*std::prev(next);  // the first one is in force from epoch 0 on
  return {};
}

Result<const LoggedPolicy*> PolicyBook::logged(std::uint64_t index) const {
  const std::scoped_lock lock(mutex_);
  const auto found = std::ranges::lower_bound(known_, index, {}, &LoggedPolicy::index);
  if (found == known_.end() || found->index != index) {
    return fail(Code::inconclusive,
                "the policy of leaf " + std::to_string(index) + " is not known here yet");
  }
  return &*found;
}

LoggedPolicy PolicyBook::newest() const {
  const std::scoped_lock lock(mutex_);
  return known_.back();
}

std::vector<Digest> PolicyBook::digests() const {
  const std::scoped_lock lock(mutex_);
  std::vector<Digest> all;
  for (const LoggedPolicy& row : known_) all.push_back(row.digest);
  return all;
}

}  // namespace assay::verifier
