// What stands before the routes: how often one may come, and requests that were answered before.
// Thread-safe.
//
// Two limits. A *prefix* is the network that a request came from, IPv4/24 or IPv6/56: every request
// counts, decided by its head before a byte of the body is read. A *key* is who signed a statement:
// only what was newly taken in counts, so that nobody can use up another's share by repeating what
// that one has said. A batch counts as its envelopes would one by one: so many requests of its
// prefix, and each that was newly taken in of its own signer. It is let in whole while each of its
// signers, and the prefix, may make one call, and what it takes beyond their share has to be waited
// for before the next. Who calls from this machine itself has no prefix and no limit by it; an edge
// on this machine says in X-Forwarded-For for whom it asks (its last element counts).
#pragma once

#include <array>
#include <atomic>

#include "api/server/http_server.h"
#include "api/server/idempotency.h"
#include "api/server/rate_limiter.h"

namespace assay::api {

struct GateLimits {
  RateLimit per_prefix{.per_second = 200, .burst = 2'000};
  RateLimit per_key{.per_second = 50, .burst = 500};
};

// The same in short: requests a second, and ten times as many at once; 0: no limit.
struct RatesPerSecond {
  std::uint32_t of_prefix = 200;
  std::uint32_t of_key = 50;
};
GateLimits limits_of(const RatesPerSecond& rates);

struct GateCounts {
  std::uint64_t refused_by_prefix = 0;
  std::uint64_t refused_by_key = 0;
  std::uint64_t replayed = 0;
};

class Gate {
 public:
  Gate(const GateLimits& limits, Clock& clock)
      : clock_(clock),
        by_prefix_(limits.per_prefix, clock),
        by_key_(limits.per_key, clock),
        idempotent_(clock) {}

  // The site behind this gate, which outlives it.
  Site guard(Site site);
  RatesPerSecond rates() const;
  void set_rates(const RatesPerSecond& rates);
  GateCounts counts() const;
  // All of it in Prometheus's text format: answers by status, the time they took, refusals.
  std::string metrics() const;

 private:
  static constexpr std::size_t kStatusMax = 600;
  // Upper bounds of the time that an answer took; what took longer is beyond all.
  static constexpr std::array<std::int64_t, 8> kBoundsMs = {0, 1, 5, 25, 100, 500, 2'500, 10'000};

  std::optional<Response> admit(const Request& head);
  Response handle(const Request& request, const Site& site);
  Response pass(const Request& request, const Site& site);
  std::optional<Response> admit_signers(const std::vector<std::string>& signers);
  void count_taken(const Request& request, const Response& response,
                   const std::vector<std::string>& signers);
  void note(int status, std::int64_t took_ms);

  Clock& clock_;
  RateLimiter by_prefix_;
  RateLimiter by_key_;
  IdempotentAnswers idempotent_;
  std::array<std::atomic<std::uint64_t>, kStatusMax> by_status_{};
  std::array<std::atomic<std::uint64_t>, kBoundsMs.size() + 1> by_time_{};
  std::atomic<std::uint64_t> took_ms_{0};
  std::atomic<std::uint64_t> refused_by_prefix_{0};
  std::atomic<std::uint64_t> refused_by_key_{0};
  std::atomic<std::uint64_t> replayed_{0};
};

// "198.51.100.0/24", "2001:db8:0:4200::/56"; empty for this machine itself, and for what is no
// address.
std::string prefix_of(const Request& head);

}  // namespace assay::api
