#include "tests/sim/economy/settings.h"

#include <algorithm>

#include "core/base/random.h"
#include "core/wire/draw.h"
#include "reputation/policy/audit_rate.h"
#include "reputation/policy/fold.h"
#include "reputation/policy/slashing.h"

namespace assay::sim {
namespace {

using reputation::Record;
using reputation::Tier;

constexpr std::uint32_t kHonestJobs = 500;
constexpr std::uint32_t kJobsADay = 20;
constexpr std::uint32_t kDetectionPpm = 950'000;
constexpr std::uint32_t kJobsMax = 20'000;  // each is caught long before

struct Setting {
  std::string_view name;
  std::string_view designed;
  std::uint32_t p_ppm;
  std::uint32_t stake_factor;
  std::uint32_t share_ppm = kMillion;
  std::uint64_t rent = 0;       // lost with the tier
  std::uint32_t last_jobs = 0;  // cheats in these and leaves; 0: until it is caught
  bool retro = false;
  bool must_lose = true;
};

// R of reputation.md: twenty jobs a day, for as many days as the tier asks a key to be old.
std::uint64_t rent_of(Tier tier) {
  const std::uint64_t daily = kJobsADay * kPrice;
  return reputation::conservative_rent(7 * daily, 30 * daily, tier);
}

std::uint32_t floor_of(Tier tier) {
  return reputation::tier_rule(tier).audit_floor_ppm;
}

std::uint32_t factor_of(Tier tier) {
  return reputation::tier_rule(tier).stake_factor;
}

std::vector<Setting> settings() {
  constexpr std::uint32_t kSleeper = 120'000;  // p .12, $100 of stake
  const auto tier = [](std::string_view name, std::string_view designed, Tier it) {
    return Setting{name, designed, floor_of(it), factor_of(it), kMillion, rent_of(it)};
  };
  const Tier ultra = Tier::ultra_high;
  return {
      {"p .12, $100: all", "~7 wrong, -$62 to -$67", kSleeper, 10},
      {"p .12, $100: half", "~7 wrong, -$62 to -$67", kSleeper, 10, 500'000},
      {"p .12, $100: a tenth", "~7 wrong, -$62 to -$67", kSleeper, 10, 100'000},
      {"p .12, $100: a fiftieth", "~7 wrong, -$62 to -$67", kSleeper, 10, 20'000},
      tier("Medium, with rent", "-$213", Tier::medium),
      tier("High, with rent", "-$850", Tier::high),
      tier("Ultra-High, with rent", "-$1,659", ultra),
      {"last day, Ultra-High, live", "+$34", floor_of(ultra), factor_of(ultra), kMillion, 0,
       kJobsADay, false, false},
      {"last day, Ultra-High, retro", "-$81", floor_of(ultra), factor_of(ultra), kMillion, 0,
       kJobsADay, true},
  };
}

class Trial {
 public:
  Trial(const Setting& setting, const Rules& rules, SeededRandom& random, SettingResult& sum)
      : setting_(setting), rules_(rules), random_(random), sum_(sum) {}

  void run() {
    record_ = reputation::fold_epoch({}, {.passes = kHonestJobs / 4}, 0);
    const std::uint32_t jobs = setting_.last_jobs == 0 ? kJobsMax : setting_.last_jobs;
    for (std::uint32_t job = 0; job < jobs; ++job) {
      if (caught_ && setting_.last_jobs == 0) break;
      if (random_.below(kMillion) < setting_.share_ppm) cheat();
      ++valid_in_a_row_;
    }
    if (caught_) sum_.net_micros -= static_cast<std::int64_t>(setting_.rent);
    sum_.trust_end_ppm += reputation::ppm_from_q30(
        reputation::trust(record_, reputation::q30_from_ppm(994'000),
                          reputation::q30_from_ppm(970'000), reputation::q30_from_ppm(800'000)));
  }

 private:
  bool coin(std::uint32_t p_ppm) {
    Digest seed;
    random_.fill(seed.bytes);
    wire::DrawStream stream(seed);
    return wire::coin_says_audit(stream.word(), p_ppm) && stream.below(kMillion) < kDetectionPpm;
  }

  std::uint64_t taken() const {
    if (!rules_.takes_stake || rules_.conviction != Conviction::slash) return 0;
    const std::uint64_t locked = setting_.stake_factor * kPrice;
    return reputation::slash_amount(rules_.policy.severity_wrong_ppm,
                                    {.locked = std::min(locked, stake_),
                                     .free = 0,
                                     .price = kPrice,
                                     .stake_factor = setting_.stake_factor});
  }

  void convict() {
    const std::uint64_t lost = taken();
    stake_ -= lost;
    sum_.net_micros -= static_cast<std::int64_t>(lost);
    ++sum_.caught;
    if (rules_.conviction != Conviction::slash) return;
    caught_ = true;
    record_ = reputation::fold_epoch(
        record_, {.proven = 1, .severity_ppm = rules_.policy.severity_wrong_ppm}, 0);
  }

  void cheat() {
    const auto valid = static_cast<std::uint32_t>(kMillion / (kHonestJobs + valid_in_a_row_));
    const std::uint32_t p_ppm = rules_.rate == Rate::boinc ? valid : setting_.p_ppm;
    ++sum_.cheated;
    sum_.hazard_ppm += std::uint64_t{p_ppm} * kDetectionPpm / kMillion;
    if (coin(p_ppm)) {  // unpaid, and the margin of honest work is missed
      sum_.net_micros -= static_cast<std::int64_t>(kMargin);
      convict();
      return;
    }
    sum_.net_micros += static_cast<std::int64_t>(kHonestCost);
    if (!setting_.retro || !rules_.retro_audits) {
      ++sum_.delivered;
      return;
    }
    const reputation::Stakes stakes{.price = kPrice,
                                    .cheat_cost = 0,
                                    .locked = setting_.stake_factor * kPrice,
                                    .rent = 0,
                                    .detection_ppm = kDetectionPpm};
    const std::uint32_t owed_ppm =
        reputation::retro_coin_ppm(reputation::retro_rate_ppm(stakes, Tier::ultra_high), p_ppm);
    sum_.hazard_ppm += std::uint64_t{owed_ppm} * kDetectionPpm / kMillion;
    if (coin(owed_ppm)) {
      convict();
    } else {
      ++sum_.delivered;
    }
  }

  const Setting& setting_;
  const Rules& rules_;
  SeededRandom& random_;
  SettingResult& sum_;
  Record record_;
  std::uint64_t stake_ = 400 * kDollar;
  std::uint64_t valid_in_a_row_ = 0;
  bool caught_ = false;
};

}  // namespace

std::vector<SettingResult> run_settings(const Rules& rules, std::uint64_t seed,
                                        std::uint64_t owners) {
  std::vector<SettingResult> results;
  SeededRandom random(seed);
  const std::vector<Setting> all = settings();
  for (const Setting& setting : all) {
    SettingResult& sum = results.emplace_back();
    sum.name = setting.name;
    sum.designed = setting.designed;
    sum.owners = owners;
    sum.must_lose = setting.must_lose;
    for (std::uint64_t i = 0; i < owners; ++i) Trial(setting, rules, random, sum).run();
  }
  return results;
}

}  // namespace assay::sim
