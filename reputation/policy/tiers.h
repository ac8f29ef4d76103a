// Trust tiers: what a provider has earned, day by day, and what it may do with it. Pure; any
// thread; integers only. Source: reputation policy v1, "Tiers". Vectors: vectors/tiers/.
//
// The table is policy v1: it changes with the version of the policy document, not with a number in
// it, because its rows only make sense together (a floor is what its stake factor and the rent of
// its age leave of the audit inequality; see audit_rate.h).
//
// A tier's conditions hold on a day or they do not. It is earned by holding on 80 % of its window
// of days and lost by failing on three of the last seven spent in it, one tier a day either way; a
// proven fraud leads to Entry at once and forgets every day before it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "reputation/policy/fixed.h"

namespace assay::reputation {

enum class Tier : std::uint8_t { entry, low, medium, high, ultra_high };
inline constexpr std::size_t kTiers = 5;
std::string_view tier_name(Tier tier);  // "entry", "low", "medium", "high", "ultra-high"
std::optional<Tier> parse_tier(std::string_view name);

struct TierRule {
  // What must hold on a day.
  std::uint32_t trust_min_ppm;
  std::uint32_t audits_min;  // of jobs the matcher drew, or blinded canaries
  std::uint32_t age_days_min;
  std::uint32_t uptime_min_ppm;   // mean of 30 d
  std::uint32_t clean_days_min;   // since the last proven fraud
  std::uint32_t window_days;      // the tier is earned in this many days
  std::uint32_t window_days_met;  // by holding on at least so many of them: 80 %
  // What it gives.
  std::uint32_t audit_floor_ppm;
  std::uint32_t stake_factor;     // k: stake locked per job, in prices
  std::uint32_t booster_percent;  // of reward points
  std::uint64_t job_price_max;    // micros; 0: no limit but the stake's
  std::uint32_t open_jobs_max;    // 0: no limit but the stake's
  std::uint32_t holdback_ppm;     // of the price, kept until finality
};
const TierRule& tier_rule(Tier tier);

// One provider in one class on one day, as the day ends.
struct TierDay {
  std::uint32_t trust_ppm = 0;
  std::uint64_t audits = 0;
  std::uint32_t age_days = 0;
  std::uint32_t uptime_ppm = 0;
  std::optional<std::uint32_t> days_since_proven = {};  // none: never
  bool proven = false;                                  // a proven fault was logged on this day
  bool operator==(const TierDay&) const = default;
};

// Do the conditions of `tier` hold on that day? Those of Entry always do.
bool meets(const TierDay& day, Tier tier);

// What is remembered: for each tier above Entry one bit per day on which its conditions held, the
// latest in bit 0.
struct TierState {
  Tier tier = Tier::entry;
  std::array<std::uint32_t, kTiers - 1> met{};  // low, medium, high, ultra_high
  std::uint32_t days_in_tier = 0;               // saturates at 2^32 - 1
  bool operator==(const TierState&) const = default;
};

// Folds one day. Days are folded one by one, in order, those without events too.
TierState fold_day(TierState state, const TierDay& day);

// The most that T may be for a key of this age: one ppm below the lowest threshold that it is too
// young for, so that no score promises what its tier refuses. One from 90 d on.
std::uint32_t age_cap_ppm(std::uint32_t age_days);
Q30 cap_by_age(Q30 trust, std::uint32_t age_days);  // at most the cap, in Q30

// Hardware tiers, by the list price of the card of the *measured* class: Entry below $1,000, Low
// below $2,000, Medium to $7,500, High to $15,000, Ultra-High beyond. (Published as "Medium below
// $5,000, High above $7,500"; what lies between is Medium: the lower of the two that it could be.)
Tier hardware_tier(std::uint64_t card_dollars);
// What they multiply reward points by, in percent: 25, 75, 150, 300, and for Ultra-High one more
// per $2,500 of price, 600..1500.
std::uint32_t hardware_multiplier_percent(std::uint64_t card_dollars);

// Reward points, in thousandths: one per verified GPU-hour, times hardware multiplier and booster.
// Entry is boosted by nothing before the class is vetted (its first 20 jobs audited), then by one.
std::uint64_t reward_points_milli(std::uint64_t gpu_seconds, std::uint64_t card_dollars, Tier tier,
                                  bool vetted);

}  // namespace assay::reputation
