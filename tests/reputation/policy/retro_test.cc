#include "reputation/policy/retro.h"

#include <limits>

#include "core/base/random.h"
#include "tests/catch.h"

namespace assay::reputation {
namespace {

constexpr std::uint64_t kDollar = 1'000'000;
constexpr UnixMillis kThen{1'780'000'000'000};
constexpr std::int64_t kDayMs = 86'400'000;

RetroJob job_of(Tier tier, std::uint32_t had_ppm) {
  return {.price = 10 * kDollar,
          .stake_factor = tier_rule(tier).stake_factor,
          .detection_ppm = 950'000,
          .tier = tier,
          .had_ppm = had_ppm,
          .attested = kThen};
}

}  // namespace

TEST_CASE("who unbonds owes each job the rate without reputation, less what it had") {
  const wire::Policy policy;
  // 1.316 / (1 + 10) = .1196, of which .0235 was had: (.1196 - .0235) / (1 - .0235)
  const std::uint32_t coin = retro_coin_ppm(job_of(Tier::ultra_high, 23'500), kThen, policy);
  CHECK(coin > 98'000);
  CHECK(coin < 98'800);
  CHECK(retro_coin_ppm(job_of(Tier::ultra_high, 120'000), kThen, policy) == 0);  // had as much
  CHECK(retro_coin_ppm(job_of(Tier::entry, 1'000'000), kThen, policy) == 0);
}

TEST_CASE("with both coins no tier is worth cheating in on the last day") {
  for (std::size_t i = 0; i < kTiers; ++i) {
    const auto tier = static_cast<Tier>(i);
    INFO(tier_name(tier));
    const TierRule& rule = tier_rule(tier);
    const RetroJob job = job_of(tier, rule.audit_floor_ppm);
    const std::uint64_t had = job.had_ppm;
    const std::uint64_t coin = retro_coin_ppm(job, kThen, {});
    // In dollars times ppm: ten saved where nothing is found; caught at once the price is not paid,
    // caught later it was; k prices are gone either way.
    const std::uint64_t first = had * 95 / 100;
    const std::uint64_t second = (1'000'000 - had) * coin / 1'000'000 * 95 / 100;
    CHECK((1'000'000 - first) * 10 < (first + second) * 10 * rule.stake_factor);
  }
}

TEST_CASE("no second coin once retention is over") {
  const wire::Policy policy;
  const auto retention = static_cast<std::int64_t>(policy.retention_ms);
  CHECK(retention == 28 * kDayMs);
  const RetroJob job = job_of(Tier::high, 50'000);
  CHECK(retro_coin_ppm(job, kThen + retention, policy) > 0);
  CHECK(retro_coin_ppm(job, kThen + retention + 1, policy) == 0);
  CHECK(retro_coin_ppm(job, kThen + -1, policy) > 0);  // a clock that ran back owes no less
}

TEST_CASE("what a settled job loses comes out of free and unbonding stake, k prices at most") {
  const struct {
    std::uint32_t severity_ppm;
    std::uint64_t free, unbonding, price;
    std::uint32_t k;
    std::uint64_t taken;
  } rows[] = {
      {1'000'000, 0, 400, 10, 10, 100},    // unbonding alone
      {1'000'000, 60, 20, 10, 10, 80},     // as far as it reaches
      {1'000'000, 0, 0, 10, 10, 0},        // gone
      {250'000, 0, 400, 10, 10, 25},       // a light fault
      {2'000'000, 300, 100, 10, 10, 400},  // equivocation: all of it
      {2'000'000, 300, 100, 10, 0, 400},  {1'000'000, 300, 100, 0, 10, 0},
  };
  for (const auto& it : rows) {
    CHECK(retro_slash_amount(it.severity_ppm, {.free = it.free,
                                               .unbonding = it.unbonding,
                                               .price = it.price,
                                               .stake_factor = it.k}) == it.taken);
  }
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  CHECK(retro_slash_amount(1'000'000, {kMax, kMax, kMax, 10}) == kMax);  // no overflow
}

TEST_CASE("a second coin never owes more than the whole rate, whatever the job") {
  SeededRandom random(11);
  for (int run = 0; run < 3000; ++run) {
    RetroJob job = job_of(static_cast<Tier>(random.below(kTiers)),
                          static_cast<std::uint32_t>(random.below(1'000'001)));
    job.price = random.below(1'000'000'000'000);
    job.detection_ppm = static_cast<std::uint32_t>(1 + random.below(1'000'000));
    const std::uint32_t coin = retro_coin_ppm(job, kThen, {});
    CHECK(coin <= 1'000'000);
    RetroJob audited_more = job;
    audited_more.had_ppm += (1'000'000 - job.had_ppm) / 2;
    CHECK(retro_coin_ppm(audited_more, kThen, {}) <= coin);
  }
}

}  // namespace assay::reputation
