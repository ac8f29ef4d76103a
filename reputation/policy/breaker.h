// The circuit breaker. When several providers that have nothing to do with each other fail alike
// within an hour, the cause is more likely something that they have in common (our own verifier, a
// driver, a kernel) than several cheats at once: penalties wait. Pure; any thread; integers only.
// Source: verification.md "Conviction".
//
// What is held is only put off, and never for longer than a day: a ring that trips the breaker on
// purpose gains nothing but time, in which its stake stays locked and its jobs stay unpaid. Nobody
// counts who has nothing bonded: trips must cost something.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/crypto/sha256.h"

namespace assay::reputation {

inline constexpr std::size_t kBreakerProviders = 3;  // as many trip it, the failing one included
inline constexpr std::int64_t kBreakerWindowMs = 3'600'000;
inline constexpr std::int64_t kBreakerHoldMaxMs = 86'400'000;  // of one penalty

// One would-be penalty.
struct Failure {
  UnixMillis time;
  Digest provider;
  bool bonded = false;               // all the stake that the policy asks for
  std::vector<std::string> parts;    // what ran or judged it: "driver 550.54", "kernel cuda/sm_90"
  std::vector<std::string> devices;  // whoever claims one of the same is related
  bool by_definition = false;        // the scalar definition says so: nothing holds that
};

// Why the penalty for `failure` waits: the part that trips the breaker. Nothing: it does not wait.
//   recent      what failed besides, in any order; the same provider counts once, and so do
//               providers related by their devices, directly or through others
//   held_since  when this penalty was first put off; none: it was not
std::optional<std::string> held_by_breaker(const Failure& failure, std::span<const Failure> recent,
                                           std::optional<UnixMillis> held_since);

}  // namespace assay::reputation
