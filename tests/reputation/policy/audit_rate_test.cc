#include "reputation/policy/audit_rate.h"

#include <algorithm>

#include "core/base/random.h"
#include "tests/catch.h"
#include "tests/reputation/policy/cases.h"
#include "tests/vectors.h"

namespace assay::reputation {
namespace {

constexpr std::uint64_t kV = 10'000'000;  // $10
constexpr Tier kAllTiers[] = {Tier::entry, Tier::low, Tier::medium, Tier::high, Tier::ultra_high};

Stakes read_stakes(RowReader& in) {
  Stakes stakes;
  stakes.price = in.u64();
  stakes.cheat_cost = in.u64();
  stakes.locked = in.u64();
  stakes.rent = in.u64();
  stakes.detection_ppm = in.u32();
  stakes.miss_ppm = in.u32();
  return stakes;
}

void check_rate(RowReader& in) {
  AuditStanding standing;
  standing.attested = in.u64();
  standing.careful_jobs = in.u32();
  standing.tier = in.tier();
  const Stakes stakes = read_stakes(in);
  wire::Policy policy;
  policy.first_jobs = in.u32();
  policy.audit_ppm = in.u32();
  CHECK(audit_rate_ppm(standing, stakes, policy) == in.u32());
}

void check_retro(RowReader& in) {
  const Tier tier = in.tier();
  const Stakes stakes = read_stakes(in);
  const std::uint32_t had = in.u32();
  const std::uint32_t owed = in.u32();
  CHECK(retro_rate_ppm(stakes, tier) == owed);
  CHECK(retro_coin_ppm(owed, had) == in.u32());
}

void check_exposure(RowReader& in) {
  Exposure exposure;
  exposure.open_jobs = in.u32();
  exposure.unsettled = in.u64();
  const std::string bonded = in.word();
  if (bonded != "none") exposure.bonded_stake = std::stoull(bonded);
  const std::uint64_t price = in.u64();
  const Tier tier = in.tier();
  const auto limit = exposure_limit(exposure, price, tier);
  std::string name = limit ? exposure_limit_name(*limit) : "none";
  std::replace(name.begin(), name.end(), ' ', '_');
  CHECK(name == in.word());
}

void check_case(const std::string& kind, const std::string& row) {
  INFO(row);
  RowReader in(row);
  if (kind == "priced") {
    const Stakes stakes = read_stakes(in);
    CHECK(priced_rate_ppm(stakes) == in.u32());
  } else if (kind == "rent") {
    const std::uint64_t week = in.u64();
    const std::uint64_t month = in.u64();
    const Tier tier = in.tier();
    CHECK(conservative_rent(week, month, tier) == in.u64());
  } else if (kind == "rate") {
    check_rate(in);
  } else if (kind == "retro") {
    check_retro(in);
  } else if (kind == "cheat_share") {
    const std::uint32_t bound = cheat_share_bound_ppm(in.u64());
    const std::uint32_t exact = in.u32();
    CHECK(bound >= exact);
    CHECK(bound <= exact + 1);
  } else {
    REQUIRE(kind == "exposure");
    check_exposure(in);
  }
}

// A cheat's mean profit from one job, in millionths of a micro: what it gains where it is not
// found, less what it loses where it is.
__extension__ typedef __int128 Signed;
Signed profit(std::uint32_t rate_ppm, const Stakes& it) {
  const Signed found = Signed{rate_ppm} * it.detection_ppm / 1'000'000;
  const Signed loses = Signed{it.locked} + it.rent / 4;
  return (1'000'000 - found) * (Signed{it.price} - Signed{it.cheat_cost}) - found * loses;
}

}  // namespace

TEST_CASE("audit rates are those of the vectors") {
  const auto vectors = test::load_vectors("audit_rate", {"kind", "case"}, 7);
  for (const test::Vector& vector : vectors) {
    INFO(vector.name());
    REQUIRE(vector.all("case").size() >= 10);
    for (const std::string& row : vector.all("case")) check_case(vector.text("kind"), row);
  }
}

TEST_CASE("at the rate that is asked for cheating never pays; at BOINC's it does") {
  SeededRandom random(1);
  bool boinc_pays = false;
  for (int run = 0; run < 5000; ++run) {
    const Tier tier = kAllTiers[random.below(kTiers)];
    Stakes stakes{.price = 1 + random.below(1'000'000'000),
                  .cheat_cost = 0,
                  .locked = 0,
                  .rent = 0,
                  .detection_ppm = static_cast<std::uint32_t>(600'000 + random.below(400'001)),
                  .miss_ppm = 0};
    stakes.locked = tier_rule(tier).stake_factor * stakes.price;
    stakes.rent = random.below(200) * stakes.price;
    wire::Policy policy;
    policy.audit_ppm = 1;
    const std::uint32_t rate =
        audit_rate_ppm({.attested = 500, .careful_jobs = 0, .tier = tier}, stakes, policy);
    if (rate < 1'000'000) CHECK(profit(rate, stakes) < 0);
    CHECK(rate >= tier_rule(tier).audit_floor_ppm);
    // p = 1 / consecutive valid results, the rule of BOINC's adaptive replication.
    boinc_pays = boinc_pays || profit(1'000'000 / 500, stakes) > 0;
  }
  CHECK(boinc_pays);
}

TEST_CASE("more to lose is audited less, more to gain more; never below the floor") {
  SeededRandom random(2);
  for (int run = 0; run < 3000; ++run) {
    const Stakes base{.price = 1 + random.below(kV),
                      .cheat_cost = 0,
                      .locked = random.below(10 * kV),
                      .rent = random.below(100 * kV),
                      .detection_ppm = 900'000,
                      .miss_ppm = 0};
    const auto with = [&](auto change) {
      Stakes other = base;
      change(other);
      return priced_rate_ppm(other);
    };
    const std::uint32_t rate = priced_rate_ppm(base);
    CHECK(with([](Stakes& s) { s.locked += kV; }) <= rate);
    CHECK(with([](Stakes& s) { s.rent += kV; }) <= rate);
    CHECK(with([](Stakes& s) { s.price *= 2; }) >= rate);
    CHECK(with([](Stakes& s) { s.detection_ppm = 450'000; }) >= rate);
    CHECK(with([](Stakes& s) { s.miss_ppm = 10'000; }) >= rate);
    CHECK(with([](Stakes& s) { s.cheat_cost = s.price / 2; }) <= rate);
  }
}

TEST_CASE("the default policy audits as the service does today: first jobs, then half, then all") {
  const wire::Policy policy;
  const Stakes stakes{.price = kV, .locked = 2 * kV, .detection_ppm = 950'000};
  const auto rate = [&](std::uint64_t attested, std::uint32_t careful) {
    return audit_rate_ppm({attested, careful, Tier::entry}, stakes, policy);
  };
  CHECK(rate(0, 0) == 1'000'000);
  CHECK(rate(19, 0) == 1'000'000);
  CHECK(rate(20, 0) == 500'000);
  CHECK(rate(20, 1) == 1'000'000);
}

TEST_CASE("a second coin makes up for the first exactly, but for rounding up") {
  SeededRandom random(3);
  for (int run = 0; run < 3000; ++run) {
    const auto had = static_cast<std::uint32_t>(random.below(1'000'000));
    const auto owed = static_cast<std::uint32_t>(random.below(1'000'001));
    const std::uint64_t coin = retro_coin_ppm(owed, had);
    const std::uint64_t total = had * std::uint64_t{1'000'000} + (1'000'000 - had) * coin;
    CHECK(total >= std::uint64_t{owed} * 1'000'000);
    if (owed > had) CHECK(total < (owed + std::uint64_t{1}) * 1'000'000);
  }
}

}  // namespace assay::reputation
