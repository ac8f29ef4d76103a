#include "reputation/policy/stake.h"

#include "core/base/random.h"
#include "reputation/policy/fold.h"
#include "tests/catch.h"
#include "tests/reputation/policy/cases.h"
#include "tests/vectors.h"

namespace assay::reputation {
namespace {

constexpr std::uint64_t kNeed = 1'000'000'000;

}  // namespace

TEST_CASE("the stake factor is that of the vectors to the last bit") {
  const auto vectors = test::load_vectors("stake", {"kind", "case"}, 1);
  for (const test::Vector& vector : vectors) {
    REQUIRE(vector.text("kind") == "factor");
    REQUIRE(vector.all("case").size() >= 100);
    for (const std::string& row : vector.all("case")) {
      INFO(row);
      RowReader in(row);
      Bonds bonds;
      bonds.own = in.u64();
      bonds.delegated = in.u64();
      bonds.required = in.u64();
      CHECK(stake_factor(bonds) == in.u64());
    }
  }
}

TEST_CASE("more stake never lowers the factor, and delegated stake counts half") {
  SeededRandom random(1);
  for (int run = 0; run < 2000; ++run) {
    const Bonds bonds{random.below(4 * kNeed), random.below(4 * kNeed), 1 + random.below(kNeed)};
    Bonds more = bonds;
    more.own += random.below(kNeed);
    CHECK(stake_factor(more) >= stake_factor(bonds));
    CHECK(stake_factor(bonds) <= kOne);
    CHECK(stake_factor({0, 2 * bonds.own, bonds.required}) ==
          stake_factor({bonds.own, 0, bonds.required}));
  }
}

TEST_CASE("four times the stake buys 3.4 % of trust") {
  const Record record = fold_epoch({}, {.passes = 300}, 0);
  const auto score = [&](std::uint64_t own) {
    return trust(record, kOne, kOne, stake_factor({own, 0, kNeed}));
  };
  CHECK(ppm_from_q30(stake_factor({kNeed, 0, kNeed})) == 800'000);
  const std::uint64_t gain = score(4 * kNeed) * 1000 / score(kNeed);
  CHECK(gain == 1033);
  CHECK(score(0) == 0);
}

}  // namespace assay::reputation
