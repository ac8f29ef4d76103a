#include "verifier/service/replay_queue.h"

#include <algorithm>

namespace assay::verifier {

void ReplayQueue::Lane::add(const WaitingReplay& replay) {
  std::deque<WaitingReplay>& of_provider = waiting[replay.provider];
  if (of_provider.empty()) turns.push_back(replay.provider);
  of_provider.push_back(replay);
}

WaitingReplay ReplayQueue::Lane::take() {
  const Digest provider = turns.front();
  turns.pop_front();
  const auto found = waiting.find(provider);
  const WaitingReplay taken = found->second.front();
  found->second.pop_front();
  if (found->second.empty()) {
    waiting.erase(found);
  } else {
    turns.push_back(provider);  // the others come first now
  }
  return taken;
}

void ReplayQueue::add(const WaitingReplay& replay) {
  if (replay.here_only) {
    here_only_.push_back(replay);
  } else {
    (replay.newcomer ? newcomers_ : established_).add(replay);
  }
}

std::optional<WaitingReplay> ReplayQueue::take(Taker taker) {
  if (taker != Taker::worker && !here_only_.empty()) {
    const WaitingReplay taken = here_only_.front();
    here_only_.pop_front();
    return taken;
  }
  if (taker == Taker::here_only || (established_.empty() && newcomers_.empty())) return {};
  const bool newcomer = established_.empty() || (!newcomers_.empty() && !newcomer_was_last_);
  newcomer_was_last_ = newcomer;
  return (newcomer ? newcomers_ : established_).take();
}

bool ReplayQueue::drop(std::uint64_t attestation) {
  const auto is_it = [attestation](const WaitingReplay& one) {
    return one.attestation == attestation;
  };
  if (std::erase_if(here_only_, is_it) > 0) return true;
  for (Lane* lane : {&established_, &newcomers_}) {
    for (auto& [provider, waiting] : lane->waiting) {
      if (std::erase_if(waiting, is_it) == 0) continue;
      if (waiting.empty()) {
        const Digest whose = provider;
        lane->waiting.erase(whose);
        lane->turns.remove(whose);
      }
      return true;
    }
  }
  return false;
}

std::size_t ReplayQueue::size() const {
  std::size_t count = here_only_.size();
  for (const Lane* lane : {&established_, &newcomers_}) {
    for (const auto& [provider, waiting] : lane->waiting) count += waiting.size();
  }
  return count;
}

std::optional<SteadyMillis> ReplayQueue::oldest() const {
  std::optional<SteadyMillis> oldest;
  const auto look = [&oldest](const std::deque<WaitingReplay>& waiting) {
    for (const WaitingReplay& one : waiting) {
      if (!oldest || one.since < *oldest) oldest = one.since;
    }
  };
  look(here_only_);
  for (const Lane* lane : {&established_, &newcomers_}) {
    for (const auto& [provider, waiting] : lane->waiting) look(waiting);
  }
  return oldest;
}

}  // namespace assay::verifier
