#include "reputation/policy/tiers.h"

#include <optional>

#include "core/base/random.h"
#include "reputation/policy/fold.h"
#include "tests/catch.h"
#include "tests/reputation/policy/cases.h"
#include "tests/vectors.h"

namespace assay::reputation {
namespace {

constexpr Tier kAbove[] = {Tier::low, Tier::medium, Tier::high, Tier::ultra_high};

TierDay perfect(std::uint32_t age_days) {
  return {.trust_ppm = 950'000, .audits = 500, .age_days = age_days, .uptime_ppm = 995'000};
}

TierState after_days(std::uint32_t days) {
  TierState state;
  for (std::uint32_t day = 0; day < days; ++day) state = fold_day(state, perfect(500 + day));
  return state;
}

void check_run(const std::string& row, TierState& state) {
  RowReader in(row);
  TierDay day;
  day.trust_ppm = in.u32();
  day.audits = in.u64();
  day.age_days = in.u32();
  day.uptime_ppm = in.u32();
  const int since = std::stoi(in.word());
  if (since >= 0) day.days_since_proven = static_cast<std::uint32_t>(since);
  day.proven = in.flag();
  for (std::uint32_t times = in.u32(); times > 0; --times) {
    state = fold_day(state, day);
    ++day.age_days;
    if (day.days_since_proven) ++*day.days_since_proven;
  }
}

}  // namespace

TEST_CASE("tiers are earned and lost as in the vectors") {
  const auto vectors = test::load_vectors("tiers", {"days", "tier"}, 25);
  std::array<int, kTiers> seen{};
  for (const test::Vector& vector : vectors) {
    const std::vector<std::string> days = vector.all("days");
    const std::vector<std::string> tiers = vector.all("tier");
    REQUIRE(days.size() == tiers.size());
    TierState state;
    for (std::size_t i = 0; i < days.size(); ++i) {
      INFO(vector.name() << " " << i << ": " << days[i]);
      check_run(days[i], state);
      CHECK(tier_name(state.tier) == tiers[i]);
      ++seen[static_cast<std::size_t>(state.tier)];
    }
  }
  for (const int times : seen) CHECK(times > 10);
}

TEST_CASE("the table is in itself consistent") {
  for (std::size_t i = 1; i < kTiers; ++i) {
    const TierRule& lower = tier_rule(static_cast<Tier>(i - 1));
    const TierRule& rule = tier_rule(static_cast<Tier>(i));
    // What a tier asks for, the one below asks for too: else a day could be met above only.
    CHECK(rule.trust_min_ppm > lower.trust_min_ppm);
    CHECK(rule.audits_min > lower.audits_min);
    CHECK(rule.age_days_min > lower.age_days_min);
    CHECK(rule.uptime_min_ppm > lower.uptime_min_ppm);
    CHECK(rule.clean_days_min >= lower.clean_days_min);
    CHECK(rule.audit_floor_ppm < lower.audit_floor_ppm);
    CHECK(rule.audit_floor_ppm > 0);
    CHECK(rule.stake_factor > lower.stake_factor);
    CHECK(rule.holdback_ppm <= lower.holdback_ppm);
    CHECK(rule.window_days <= 32);  // bits of TierState::met
    CHECK(rule.window_days_met * 10 >= rule.window_days * 8);
    CHECK((rule.window_days_met - 1) * 10 < rule.window_days * 8);
    CHECK(parse_tier(tier_name(static_cast<Tier>(i))) == static_cast<Tier>(i));
  }
  CHECK_FALSE(parse_tier("gold").has_value());
  CHECK(meets({}, Tier::entry));
}

TEST_CASE("each condition alone keeps a tier from being met") {
  for (const Tier tier : kAbove) {
    INFO(tier_name(tier));
    const TierRule& rule = tier_rule(tier);
    const TierDay just{.trust_ppm = rule.trust_min_ppm,
                       .audits = rule.audits_min,
                       .age_days = rule.age_days_min,
                       .uptime_ppm = rule.uptime_min_ppm,
                       .days_since_proven = rule.clean_days_min};
    const auto without = [&](auto change) {
      TierDay day = just;
      change(day);
      return meets(day, tier);
    };
    CHECK(meets(just, tier));
    CHECK_FALSE(without([](TierDay& d) { --d.trust_ppm; }));
    CHECK_FALSE(without([](TierDay& d) { --d.audits; }));
    CHECK_FALSE(without([](TierDay& d) { --d.age_days; }));
    CHECK_FALSE(without([](TierDay& d) { --d.uptime_ppm; }));
    CHECK(without([](TierDay& d) { d.days_since_proven = 0; }) == (rule.clean_days_min == 0));
  }
}

TEST_CASE("a tier moves by one a day at most, except that a proven fraud is the end of all of it") {
  SeededRandom random(1);
  TierState state;
  int falls = 0;
  for (int run = 0; run < 20'000; ++run) {
    TierDay day = perfect(500);
    if (random.below(6) == 0)
      day.trust_ppm = 690'000 + static_cast<std::uint32_t>(random.below(250'000));
    day.proven = random.below(400) == 0;
    const TierState before = state;
    state = fold_day(state, day);
    const int step = static_cast<int>(state.tier) - static_cast<int>(before.tier);
    if (day.proven) {
      CHECK(state == TierState{});
    } else {
      CHECK(step >= -1);
      CHECK(step <= 1);
      falls += step < 0;
    }
  }
  CHECK(falls > 10);
}

TEST_CASE("the days of each window decide to the day") {
  CHECK(after_days(2).tier == Tier::entry);
  CHECK(after_days(3).tier == Tier::low);
  CHECK(after_days(8).tier == Tier::low);  // 9 of 11
  CHECK(after_days(9).tier == Tier::medium);
  CHECK(after_days(13).tier == Tier::medium);  // 14 of 17
  CHECK(after_days(14).tier == Tier::high);
  CHECK(after_days(23).tier == Tier::high);  // 24 of 30
  CHECK(after_days(24).tier == Tier::ultra_high);
}

TEST_CASE("no score promises what the key is too young for") {
  CHECK(age_cap_ppm(0) == 699'999);
  CHECK(age_cap_ppm(2) == 699'999);
  CHECK(age_cap_ppm(3) == 819'999);
  CHECK(age_cap_ppm(14) == 879'999);
  CHECK(age_cap_ppm(30) == 909'999);
  CHECK(age_cap_ppm(89) == 909'999);
  CHECK(age_cap_ppm(90) == 1'000'000);
  for (std::uint32_t age = 0; age < 100; ++age) {
    TierDay day = perfect(age);
    day.trust_ppm = ppm_from_q30(cap_by_age(kOne, age));
    for (const Tier tier : kAbove) {
      CHECK(meets(day, tier) == (age >= tier_rule(tier).age_days_min));
      // The cap says it without the age: whoever is too young does not have the trust.
      day.age_days = 1000;
      CHECK((day.trust_ppm >= tier_rule(tier).trust_min_ppm) == meets(day, tier));
      day.age_days = age;
    }
  }
  CHECK(cap_by_age(kOne / 2, 0) == kOne / 2);
  CHECK(cap_by_age(kOne, 90) == kOne);
}

TEST_CASE("hardware tiers follow the price of the card that was measured") {
  struct Case {
    std::uint64_t dollars;
    Tier tier;
    std::uint32_t percent;
  };
  constexpr Case kCases[] = {{0, Tier::entry, 25},
                             {999, Tier::entry, 25},
                             {1000, Tier::low, 75},
                             {1999, Tier::low, 75},
                             {2000, Tier::medium, 150},
                             {4999, Tier::medium, 150},
                             {7500, Tier::medium, 150},
                             {7501, Tier::high, 300},
                             {15'000, Tier::high, 300},
                             {15'001, Tier::ultra_high, 600},
                             {25'000, Tier::ultra_high, 1000},
                             {37'500, Tier::ultra_high, 1500},
                             {900'000, Tier::ultra_high, 1500}};
  for (const Case& it : kCases) {
    INFO(it.dollars);
    CHECK(hardware_tier(it.dollars) == it.tier);
    CHECK(hardware_multiplier_percent(it.dollars) == it.percent);
  }
}

TEST_CASE("reward points are hours times the card times the tier, and nothing before vetting") {
  constexpr std::uint64_t kHour = 3600;
  CHECK(reward_points_milli(kHour, 1600, Tier::entry, false) == 0);
  CHECK(reward_points_milli(kHour, 1600, Tier::entry, true) == 750);
  CHECK(reward_points_milli(kHour, 1600, Tier::medium, true) == 900);
  CHECK(reward_points_milli(10 * kHour, 25'000, Tier::ultra_high, true) == 200'000);
  CHECK(reward_points_milli(1, 100, Tier::low, true) == 0);  // 0.07 of a thousandth
  CHECK(reward_points_milli(~0ULL, 900'000, Tier::ultra_high, true) == ~0ULL);
}

}  // namespace assay::reputation
