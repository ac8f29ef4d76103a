// What a passed audit weighs: cheap jobs and jobs paid by oneself buy next to nothing. Pure; any
// thread; integers only. Weights in sixteenths of a pass; amounts in micros.
// Source: reputation policy v1, "Integrity I". Vectors: vectors/pass_weight/.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace assay::reputation {

inline constexpr std::uint32_t kPassUnit = 16;  // one pass
inline constexpr std::uint32_t kPassMax = 4 * kPassUnit;
// What any one renter may put in before the share is asked: else nobody could begin.
inline constexpr std::uint64_t kRenterFree = 4 * kPassUnit;
inline constexpr std::uint64_t kRenterShare = 5;  // one fifth of the mass: 20 %

// x = min(price, metered) / reference; x up to one, its square root beyond, at most four. `metered`
// is what the plan's operations cost by the meter, so that a dear price for no work weighs nothing.
// reference >= 1.
std::uint32_t pass_weight(std::uint64_t price, std::uint64_t metered, std::uint64_t reference);

// A failure weighs one at least, whatever the job cost.
std::uint32_t failure_weight(std::uint64_t price, std::uint64_t metered, std::uint64_t reference);

// How much of `weight` still counts for a renter whose jobs weigh `renter` of the `total` so far
// (of one provider in one class, over the same time): the most that leaves the renter with a fifth
// of the mass or with kRenterFree. renter <= total. Canaries are nobody's: they are not capped.
std::uint32_t capped_weight(std::uint32_t weight, std::uint64_t renter, std::uint64_t total);

// The same for the passes of one epoch, of all renters at once, so that it does not matter who
// comes first: the most of each that leaves nobody with more than a fifth of the mass that there
// then is, or kRenterFree. `total` is the mass before, at least the sum of `before`, and what
// nobody's passes (canaries) add to it. Two renters cannot lift each other, nor four; of six alike
// all counts.
struct RenterPasses {
  std::uint64_t before = 0;  // what counted of this renter's so far
  std::uint64_t weight = 0;  // what the epoch's weigh
};
std::vector<std::uint64_t> capped_weights(std::span<const RenterPasses> renters,
                                          std::uint64_t total);

// Sixteenths become whole passes; what is left waits in `carry`.
struct WholePasses {
  std::uint32_t passes = 0;
  std::uint32_t carry = 0;  // 0..15
  bool operator==(const WholePasses&) const = default;
};
WholePasses carry_passes(std::uint32_t carry, std::uint32_t weight);

}  // namespace assay::reputation
