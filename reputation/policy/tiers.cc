#include "reputation/policy/tiers.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "reputation/policy/fold.h"

namespace assay::reputation {
namespace {

constexpr std::uint32_t kMillion = 1'000'000;
constexpr std::uint64_t kDollar = 1'000'000;  // micros
constexpr std::uint32_t kDemotionDays = 7;
constexpr std::uint32_t kDemotionMissed = 3;

constexpr std::array<std::string_view, kTiers> kNames{"entry", "low", "medium", "high",
                                                      "ultra-high"};

constexpr std::array<TierRule, kTiers> kRules{{
    // T, audits, age, U30, clean; window, met; floor, k, booster, price, open, holdback
    {0, 0, 0, 0, 0, 0, 0, 500'000, 2, 100, 20 * kDollar, 1, 750'000},
    {700'000, 20, 3, 850'000, 0, 3, 3, 260'000, 4, 100, 100 * kDollar, 4, 500'000},
    {820'000, 50, 14, 950'000, 0, 11, 9, 110'000, 6, 120, 1000 * kDollar, 16, 250'000},
    {880'000, 100, 30, 980'000, 0, 17, 14, 50'000, 8, 150, 5000 * kDollar, 0, 0},
    {910'000, 200, 90, 990'000, 365, 30, 24, 23'500, 10, 200, 0, 0, 0},
}};

constexpr std::size_t index_of(Tier tier) {
  return static_cast<std::size_t>(tier);
}

// How many of the latest `days` bits are set.
std::uint32_t set_days(std::uint32_t bits, std::uint32_t days) {
  const std::uint32_t mask = days >= 32 ? ~0U : (1U << days) - 1;
  return static_cast<std::uint32_t>(std::popcount(bits & mask));
}

// Of the days spent in the tier only: those before it was earned have been judged by its window.
bool is_lost(const TierState& state) {
  if (state.tier == Tier::entry) return false;
  const std::uint32_t days = std::min(state.days_in_tier, kDemotionDays);
  return days - set_days(state.met[index_of(state.tier) - 1], days) >= kDemotionMissed;
}

bool is_earned(const TierState& state, Tier tier) {
  const TierRule& rule = tier_rule(tier);
  return set_days(state.met[index_of(tier) - 1], rule.window_days) >= rule.window_days_met;
}

}  // namespace

std::string_view tier_name(Tier tier) {
  return kNames[index_of(tier)];
}

std::optional<Tier> parse_tier(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Tier>(found - kNames.begin());
}

const TierRule& tier_rule(Tier tier) {
  return kRules[index_of(tier)];
}

bool meets(const TierDay& day, Tier tier) {
  const TierRule& rule = tier_rule(tier);
  const bool clean = !day.days_since_proven || *day.days_since_proven >= rule.clean_days_min;
  return day.trust_ppm >= rule.trust_min_ppm && day.audits >= rule.audits_min &&
         day.age_days >= rule.age_days_min && day.uptime_ppm >= rule.uptime_min_ppm && clean;
}

TierState fold_day(TierState state, const TierDay& day) {
  if (day.proven) return {};
  for (std::size_t i = 0; i < state.met.size(); ++i) {
    state.met[i] = state.met[i] << 1 | (meets(day, static_cast<Tier>(i + 1)) ? 1U : 0U);
  }
  if (state.days_in_tier < std::numeric_limits<std::uint32_t>::max()) ++state.days_in_tier;
  const auto move_to = [&](std::size_t tier) {
    state.tier = static_cast<Tier>(tier);
    state.days_in_tier = 0;
  };
  if (is_lost(state)) {
    move_to(index_of(state.tier) - 1);
  } else if (state.tier != Tier::ultra_high) {
    const std::size_t next = index_of(state.tier) + 1;
    if (is_earned(state, static_cast<Tier>(next))) move_to(next);
  }
  return state;
}

std::uint32_t age_cap_ppm(std::uint32_t age_days) {
  for (const TierRule& rule : kRules) {
    if (age_days < rule.age_days_min) return rule.trust_min_ppm - 1;
  }
  return kMillion;
}

Q30 cap_by_age(Q30 trust, std::uint32_t age_days) {
  return std::min(trust, q30_from_ppm(age_cap_ppm(age_days)));
}

Tier hardware_tier(std::uint64_t card_dollars) {
  if (card_dollars < 1000) return Tier::entry;
  if (card_dollars < 2000) return Tier::low;
  if (card_dollars <= 7500) return Tier::medium;
  return card_dollars <= 15'000 ? Tier::high : Tier::ultra_high;
}

std::uint32_t hardware_multiplier_percent(std::uint64_t card_dollars) {
  constexpr std::array<std::uint32_t, kTiers - 1> kPercent{25, 75, 150, 300};
  constexpr std::uint64_t kMin = 600, kMax = 1500, kDollarsPerPercent = 25;
  const Tier tier = hardware_tier(card_dollars);
  if (tier != Tier::ultra_high) return kPercent[index_of(tier)];
  return static_cast<std::uint32_t>(std::clamp(card_dollars / kDollarsPerPercent, kMin, kMax));
}

std::uint64_t reward_points_milli(std::uint64_t gpu_seconds, std::uint64_t card_dollars, Tier tier,
                                  bool vetted) {
  if (tier == Tier::entry && !vetted) return 0;
  constexpr Wide kPercentSquared = 10'000;
  constexpr Wide kSecondsPerHour = 3600;
  const Wide points = Wide{gpu_seconds} * 1000 * hardware_multiplier_percent(card_dollars) *
                      tier_rule(tier).booster_percent / (kSecondsPerHour * kPercentSquared);
  return static_cast<std::uint64_t>(
      std::min<Wide>(points, std::numeric_limits<std::uint64_t>::max()));
}

}  // namespace assay::reputation
