// How often one party may come: a bucket that holds `burst` calls and fills at `per_second`.
// Thread-safe. Memory is bounded: whoever has not come for as long as a bucket takes to fill is
// forgotten, and beyond kPartiesMax the one who may come soonest is.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "core/base/time.h"

namespace assay::api {

struct RateLimit {
  std::uint32_t per_second = 0;  // 0: no limit
  std::uint32_t burst = 0;       // at least 1 where there is a limit
};

class RateLimiter {
 public:
  static constexpr std::size_t kPartiesMax = std::size_t{1} << 16;

  RateLimiter(RateLimit limit, Clock& clock) : clock_(clock), limit_(limit) {}

  // How long this party has to wait before its next call; 0: not at all. Takes nothing.
  std::int64_t wait_ms(const std::string& party) const;
  // Takes one call, if there is one: 0, or how long to wait.
  std::int64_t take(const std::string& party);
  // Takes so many calls, also those that there are not: what is owed is waited for by the next one.
  void charge(const std::string& party, std::size_t calls);

  RateLimit limit() const;
  void set_limit(RateLimit limit);  // of all parties, from now on

  std::size_t parties() const;

 private:
  std::int64_t interval_us() const { return 1'000'000 / limit_.per_second; }
  std::int64_t now_us() const { return clock_.steady_now().ms * 1000; }
  std::int64_t wait_us(const std::string& party, std::int64_t now) const;
  void note(const std::string& party, std::int64_t now, std::size_t calls);
  void forget(std::int64_t now);

  Clock& clock_;
  mutable std::mutex mutex_;  // guards everything below
  RateLimit limit_;
  // When its bucket will be full again; absent: it is.
  std::unordered_map<std::string, std::int64_t> full_at_us_;
};

}  // namespace assay::api
