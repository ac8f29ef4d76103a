#include "api/server/rate_limiter.h"

#include <algorithm>

namespace assay::api {

// The bucket is empty when it will take a burst of intervals to fill.
std::int64_t RateLimiter::wait_us(const std::string& party, std::int64_t now) const {
  const auto at = full_at_us_.find(party);
  if (at == full_at_us_.end()) return 0;
  const std::int64_t room = (std::int64_t{limit_.burst} - 1) * interval_us();
  return std::max<std::int64_t>(at->second - now - room, 0);
}

std::int64_t RateLimiter::wait_ms(const std::string& party) const {
  const std::scoped_lock lock(mutex_);
  if (limit_.per_second == 0) return 0;
  return (wait_us(party, now_us()) + 999) / 1000;
}

std::int64_t RateLimiter::take(const std::string& party) {
  const std::scoped_lock lock(mutex_);
  if (limit_.per_second == 0) return 0;
  const std::int64_t now = now_us();
  if (const std::int64_t wait = wait_us(party, now); wait > 0) return (wait + 999) / 1000;
  note(party, now, 1);
  return 0;
}

void RateLimiter::charge(const std::string& party, std::size_t calls) {
  const std::scoped_lock lock(mutex_);
  if (limit_.per_second == 0 || calls == 0) return;
  note(party, now_us(), calls);
}

void RateLimiter::note(const std::string& party, std::int64_t now, std::size_t calls) {
  if (full_at_us_.size() >= kPartiesMax) forget(now);
  std::int64_t& full_at = full_at_us_[party];
  full_at = std::max(full_at, now) + static_cast<std::int64_t>(calls) * interval_us();
}

// Those whose bucket is full; if all are in use, the one that is nearest to it.
void RateLimiter::forget(std::int64_t now) {
  std::erase_if(full_at_us_, [&](const auto& each) { return each.second <= now; });
  if (full_at_us_.size() < kPartiesMax) return;
  full_at_us_.erase(
      std::ranges::min_element(full_at_us_, {}, [](const auto& each) { return each.second; }));
}

RateLimit RateLimiter::limit() const {
  const std::scoped_lock lock(mutex_);
  return limit_;
}

void RateLimiter::set_limit(RateLimit limit) {
  const std::scoped_lock lock(mutex_);
  limit_ = limit;
}

std::size_t RateLimiter::parties() const {
  const std::scoped_lock lock(mutex_);
  return full_at_us_.size();
}

}  // namespace assay::api
