// Expected score change under constant cheating is negative: for every tier, at every sampling rate
// that the policy uses in it, for every record that such a cheat comes to hold. The expectation is
// exact: over all ways a day of jobs can be audited, each folded.
#include <algorithm>
#include <array>
#include <string>

#include "core/base/random.h"
#include "reputation/policy/audit_rate.h"
#include "reputation/policy/fold.h"
#include "tests/catch.h"

namespace assay::reputation {
namespace {

constexpr std::uint32_t kMillion = 1'000'000;
constexpr std::size_t kJobsADay = 20;
constexpr std::uint32_t kDays = 200;
constexpr std::uint32_t kWorthHavingPpm = 700'000;  // below, nobody above Entry is left to be
constexpr std::array<std::uint32_t, 4> kSharesPpm{1'000'000, 500'000, 100'000, 20'000};

__extension__ typedef __int128 Signed;

Q30 score(const Record& record) {
  return trust(record, q30_from_ppm(994'000), q30_from_ppm(970'000), q30_from_ppm(800'000));
}

// What one job comes to: audited and passed, audited and caught, or not audited.
struct Odds {
  std::uint32_t passed_ppm;
  std::uint32_t caught_ppm;
};

Odds odds_of(std::uint32_t rate_ppm, std::uint32_t share_ppm, std::uint32_t detection_ppm) {
  const std::uint64_t caught =
      std::uint64_t{rate_ppm} * share_ppm / kMillion * detection_ppm / kMillion;
  return {static_cast<std::uint32_t>(rate_ppm - caught), static_cast<std::uint32_t>(caught)};
}

// How likely a day is to bring so many passes and so many convictions, in 2^-60.
using Chances = std::array<std::array<Wide, kJobsADay + 1>, kJobsADay + 1>;

Chances chances_of(const Odds& odds) {
  Chances chances{};
  chances[0][0] = Wide{1} << 60;
  for (std::size_t job = 0; job < kJobsADay; ++job) {
    Chances next{};
    for (std::size_t passed = 0; passed <= job; ++passed) {
      for (std::size_t caught = 0; passed + caught <= job; ++caught) {
        const Wide chance = chances[passed][caught];
        next[passed + 1][caught] += chance * odds.passed_ppm / kMillion;
        next[passed][caught + 1] += chance * odds.caught_ppm / kMillion;
        next[passed][caught] += chance * (kMillion - odds.passed_ppm - odds.caught_ppm) / kMillion;
      }
    }
    chances = next;
  }
  return chances;
}

// What a policy makes of somebody who is caught.
using Consequence = EpochCounts (*)(std::uint32_t passed, std::uint32_t caught);

EpochCounts convicted(std::uint32_t passed, std::uint32_t caught) {
  return {.passes = passed, .proven = caught, .severity_ppm = std::uint64_t{caught} * kMillion};
}
// The negative control: a wrong result is one bad mark among good ones.
EpochCounts marked(std::uint32_t passed, std::uint32_t caught) {
  return {.passes = passed, .soft = caught};
}

// The mean of T after the day less T before, in units of 2^-90.
Signed expected_change(const Record& record, std::uint32_t hours, const Chances& chances,
                       Consequence consequence) {
  const Signed before = score(record);
  Signed sum = 0;
  for (std::uint32_t passed = 0; passed <= kJobsADay; ++passed) {
    for (std::uint32_t caught = 0; passed + caught <= kJobsADay; ++caught) {
      const Wide chance = chances[passed][caught];
      if (chance == 0) continue;
      const Record after = fold_epoch(record, consequence(passed, caught), hours);
      sum += static_cast<Signed>(chance) * (static_cast<Signed>(score(after)) - before);
    }
  }
  return sum;
}

EpochCounts live_a_day(Random& random, const Odds& odds, Consequence consequence) {
  std::uint32_t passed = 0, caught = 0;
  for (std::size_t job = 0; job < kJobsADay; ++job) {
    const std::uint64_t coin = random.below(kMillion);
    if (coin < odds.caught_ppm) {
      ++caught;
    } else if (coin < std::uint64_t{odds.caught_ppm} + odds.passed_ppm) {
      ++passed;
    }
  }
  return consequence(passed, caught);
}

struct Tally {
  std::uint32_t looked_at = 0;
  std::uint32_t rising = 0;  // records at which cheating was expected to raise the score
};

// A provider who was honest until it had the tier's audits, then cheats in a share of its jobs.
Tally live(Tier tier, const Odds& odds, Consequence consequence, std::uint64_t seed) {
  const TierRule& rule = tier_rule(tier);
  const Q30 worth = q30_from_ppm(std::max(rule.trust_min_ppm, kWorthHavingPpm));
  const Chances chances = chances_of(odds);
  Record record = fold_epoch({}, {.passes = std::max(rule.audits_min, 20U)}, 0);
  SeededRandom random(seed);
  Tally tally;
  for (std::uint32_t day = 0; day < kDays; ++day) {
    if (score(record) >= worth) {
      ++tally.looked_at;
      for (const std::uint32_t hours : {0U, 24U}) {
        tally.rising += expected_change(record, hours, chances, consequence) >= 0;
      }
    }
    record = fold_epoch(record, live_a_day(random, odds, consequence), 24);
  }
  return tally;
}

// What the policy may audit a tier with: its floor; four times that, after a soft failure; the rate
// priced without reputation, which newcomers to the tier and jobs of low detection come to; with
// the rent of a full year's income, which nothing lowers below the floor; the policy's least; the
// rate of who unbonds; and all of it, for first jobs and canaries.
std::vector<std::uint32_t> rates_of(Tier tier) {
  const wire::Policy policy;
  const TierRule& rule = tier_rule(tier);
  constexpr std::uint64_t kPrice = 10'000'000;
  Stakes stakes{.price = kPrice,
                .cheat_cost = 0,
                .locked = rule.stake_factor * kPrice,
                .rent = 0,
                .detection_ppm = 950'000,
                .miss_ppm = 0};
  const AuditStanding standing{.attested = 500, .careful_jobs = 0, .tier = tier};
  const AuditStanding careful{.attested = 500, .careful_jobs = 1, .tier = tier};
  std::vector<std::uint32_t> rates{rule.audit_floor_ppm,
                                   std::max(rule.audit_floor_ppm, policy.audit_ppm),
                                   kMillion,
                                   audit_rate_ppm(standing, stakes, policy),
                                   audit_rate_ppm(careful, stakes, policy),
                                   retro_rate_ppm(stakes, tier)};
  stakes.rent = kPrice * kJobsADay * 365;
  rates.push_back(audit_rate_ppm(standing, stakes, policy));
  rates.push_back(audit_rate_ppm(careful, stakes, policy));
  std::sort(rates.begin(), rates.end());
  rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
  return rates;
}

// Every tier, rate and detection; `shares` of jobs cheated.
template <class Visit>
void for_each_setting(const Visit& visit) {
  for (std::size_t tier = 0; tier < kTiers; ++tier) {
    for (const std::uint32_t rate : rates_of(static_cast<Tier>(tier))) {
      for (const std::uint32_t detection : {1'000'000U, 900'000U}) {
        visit(static_cast<Tier>(tier), rate, detection);
      }
    }
  }
}

}  // namespace

TEST_CASE("chances add up to one, and their means are what they should be") {
  const Odds odds = odds_of(260'000, 100'000, 950'000);
  CHECK(odds.caught_ppm == 24'700);
  CHECK(odds.passed_ppm == 235'300);
  const Chances chances = chances_of(odds);
  Wide sum = 0, passes = 0;
  for (std::uint32_t passed = 0; passed <= kJobsADay; ++passed) {
    for (std::uint32_t caught = 0; passed + caught <= kJobsADay; ++caught) {
      sum += chances[passed][caught];
      passes += chances[passed][caught] * passed;
    }
  }
  CHECK((sum >> 30) + 1 >= kOne);
  CHECK(sum <= Wide{1} << 60);
  const Wide mean_ppm = passes * kMillion >> 60;
  CHECK(mean_ppm + 1 >= kJobsADay * 235'300);
  CHECK(mean_ppm <= kJobsADay * 235'300);
}

TEST_CASE(
    "cheating at a constant rate is expected to lower the score, in every tier, at every rate") {
  for_each_setting([](Tier tier, std::uint32_t rate, std::uint32_t detection) {
    for (const std::uint32_t share : kSharesPpm) {
      INFO(tier_name(tier) << ", audited at " << rate << " ppm, cheating in " << share << " ppm");
      Tally all;
      for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const Tally tally = live(tier, odds_of(rate, share, detection), convicted, seed);
        all.looked_at += tally.looked_at;
        all.rising += tally.rising;
      }
      CHECK(all.looked_at >= 2);  // the record that was earned honestly, at least
      CHECK(all.rising == 0);
    }
  });
}

TEST_CASE("an honest provider is expected to rise with its audits, or to stay where it is") {
  for_each_setting([](Tier tier, std::uint32_t rate, std::uint32_t detection) {
    const Chances chances = chances_of(odds_of(rate, 0, detection));
    for (const std::uint32_t passes : {20U, 100U, 500U}) {
      const Record record = fold_epoch({}, {.passes = passes}, 0);
      INFO(tier_name(tier) << " " << rate << " " << passes);
      CHECK(expected_change(record, 0, chances, convicted) > 0);
    }
  });
}

TEST_CASE("control: were a wrong result a bad mark and no more, cheating would keep a score up") {
  std::uint32_t tiers_where_it_pays = 0;
  for (std::size_t i = 0; i < kTiers; ++i) {
    const auto tier = static_cast<Tier>(i);
    const std::uint32_t rate = tier_rule(tier).audit_floor_ppm;
    const Tally tally = live(tier, odds_of(rate, 20'000, kMillion), marked, 1);
    tiers_where_it_pays += tally.rising > 0;
  }
  CHECK(tiers_where_it_pays >= 2);
}

TEST_CASE("limit: one cheat in ten thousand jobs does not stop a newcomer's climb") {
  // What keeps it from paying is not the score but what one conviction costs; see audit_rate.h.
  const Chances chances = chances_of(odds_of(500'000, 100, kMillion));
  const Record record = fold_epoch({}, {.passes = 20}, 0);
  CHECK(expected_change(record, 0, chances, convicted) > 0);
}

}  // namespace assay::reputation
