#include "reputation/policy/pass_weight.h"

#include <algorithm>

#include "core/base/check.h"
#include "reputation/policy/fixed.h"

namespace assay::reputation {

std::uint32_t pass_weight(std::uint64_t price, std::uint64_t metered, std::uint64_t reference) {
  ASSAY_CHECK(reference > 0, "a pass is weighed against a reference");
  const Wide value = std::min(price, metered);
  if (value <= reference) return static_cast<std::uint32_t>(value * kPassUnit / reference);
  const Wide root = square_root(value * kPassUnit * kPassUnit / reference);
  return static_cast<std::uint32_t>(std::min<Wide>(root, kPassMax));
}

std::uint32_t failure_weight(std::uint64_t price, std::uint64_t metered, std::uint64_t reference) {
  return std::max(pass_weight(price, metered, reference), kPassUnit);
}

std::uint32_t capped_weight(std::uint32_t weight, std::uint64_t renter, std::uint64_t total) {
  ASSAY_CHECK(renter <= total, "a renter's mass is part of the whole");
  const std::uint64_t free = kRenterFree - std::min(renter, kRenterFree);
  // renter + w <= (total + w) / 5
  const Wide owed = Wide{renter} * kRenterShare;
  const Wide share = owed < total ? (total - owed) / (kRenterShare - 1) : 0;
  return static_cast<std::uint32_t>(std::min<Wide>(weight, std::max<Wide>(free, share)));
}

// From above: with all of it, then with what the mass that gives allows, until nothing falls any
// more. What a larger mass allows is never less, so this ends at the greatest answer there is.
std::vector<std::uint64_t> capped_weights(std::span<const RenterPasses> renters,
                                          std::uint64_t total) {
  std::vector<std::uint64_t> counted;
  std::uint64_t mass = total;
  for (const RenterPasses& it : renters) {
    counted.push_back(it.weight);
    mass += it.weight;
  }
  for (bool falls = true; falls;) {
    falls = false;
    const std::uint64_t most = std::max(kRenterFree, mass / kRenterShare);
    for (std::size_t i = 0; i < renters.size(); ++i) {
      const std::uint64_t room = most - std::min(renters[i].before, most);
      if (counted[i] <= room) continue;
      mass -= counted[i] - room;
      counted[i] = room;
      falls = true;
    }
  }
  return counted;
}

WholePasses carry_passes(std::uint32_t carry, std::uint32_t weight) {
  const std::uint64_t sum = std::uint64_t{carry} + weight;
  return {static_cast<std::uint32_t>(sum / kPassUnit), static_cast<std::uint32_t>(sum % kPassUnit)};
}

}  // namespace assay::reputation
