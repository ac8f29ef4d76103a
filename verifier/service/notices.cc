#include "verifier/service/notices.h"

namespace assay::verifier {

void Notices::add(const Digest& provider, wire::Notice notice) {
  const std::scoped_lock lock(mutex_);
  std::deque<Numbered>& queue = waiting_[provider];
  queue.push_back({next_++, std::move(notice)});
  if (queue.size() > kNoticesKept) queue.pop_front();
}

Notices::Batch Notices::waiting(const Digest& provider) const {
  const std::scoped_lock lock(mutex_);
  Batch batch;
  batch.end = next_;
  const auto found = waiting_.find(provider);
  if (found == waiting_.end()) return batch;
  for (const Numbered& each : found->second) batch.notices.push_back(each.notice);
  return batch;
}

bool Notices::any(const Digest& provider) const {
  const std::scoped_lock lock(mutex_);
  return waiting_.contains(provider);
}

void Notices::delivered(const Digest& provider, std::uint64_t end) {
  const std::scoped_lock lock(mutex_);
  const auto found = waiting_.find(provider);
  if (found == waiting_.end()) return;
  std::deque<Numbered>& queue = found->second;
  while (!queue.empty() && queue.front().number < end) queue.pop_front();
  if (queue.empty()) waiting_.erase(found);
}

}  // namespace assay::verifier
