#include "reputation/policy/breaker.h"

#include <algorithm>

namespace assay::reputation {
namespace {

bool shares(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::any_of(
      a, [&](const std::string& one) { return std::ranges::find(b, one) != b.end(); });
}

bool related(const Failure& a, const Failure& b) {
  return a.provider == b.provider || shares(a.devices, b.devices);
}

// How many groups there are of which nobody is related to anybody of another.
std::size_t unrelated(const std::vector<const Failure*>& failures) {
  std::vector<std::size_t> group(failures.size());
  for (std::size_t i = 0; i < group.size(); ++i) group[i] = i;
  for (std::size_t i = 0; i < failures.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (!related(*failures[i], *failures[j])) continue;
      const std::size_t gone = group[i];
      const std::size_t kept = group[j];
      std::ranges::replace(group, gone, kept);
    }
  }
  std::ranges::sort(group);
  const auto ends = std::ranges::unique(group);
  return static_cast<std::size_t>(ends.begin() - group.begin());
}

}  // namespace

std::optional<std::string> held_by_breaker(const Failure& failure, std::span<const Failure> recent,
                                           std::optional<UnixMillis> held_since) {
  if (failure.by_definition || !failure.bonded) return std::nullopt;
  if (held_since && failure.time - *held_since >= kBreakerHoldMaxMs) return std::nullopt;
  for (const std::string& part : failure.parts) {
    std::vector<const Failure*> alike{&failure};
    for (const Failure& other : recent) {
      const std::int64_t apart_ms = failure.time - other.time;
      const bool in_window = apart_ms < kBreakerWindowMs && -apart_ms < kBreakerWindowMs;
      if (!other.bonded || other.by_definition || !in_window) continue;
      if (std::ranges::find(other.parts, part) != other.parts.end()) alike.push_back(&other);
    }
    if (unrelated(alike) >= kBreakerProviders) return part;
  }
  return std::nullopt;
}

}  // namespace assay::reputation
