// Who shares the newcomers' floor.
#include "reputation/policy/newcomers.h"

#include "tests/catch.h"

namespace assay::reputation {
namespace {

constexpr std::uint32_t kDay = 24;

Record slashed(std::uint64_t severity_ppm) {
  const Record record = fold_epoch({}, {.passes = 3000}, 0);
  return fold_epoch(record, {.proven = 1, .severity_ppm = severity_ppm}, 0);
}

}  // namespace

TEST_CASE("the newcomers' floor is for keys without audits, and those a slash keeps down") {
  CHECK(shares_newcomer_floor(0, {}));
  CHECK_FALSE(shares_newcomer_floor(1, fold_epoch({}, {.passes = 1}, 0)));
  CHECK_FALSE(shares_newcomer_floor(300, fold_epoch({}, {.passes = 200, .soft = 50}, 0)));
  CHECK(shares_newcomer_floor(3001, slashed(1'000'000)));
  CHECK_FALSE(shares_newcomer_floor(3001, slashed(100'000)));  // S = .9 leaves it every tier
}

TEST_CASE("a slash keeps a key down until it alone no longer does, and a tombstone for ever") {
  // exp(-2^(-t/180)) = .7 after 268 days.
  const Record record = slashed(1'000'000);
  CHECK(shares_newcomer_floor(3001, decayed(record, 267 * kDay)));
  CHECK_FALSE(shares_newcomer_floor(3001, decayed(record, 269 * kDay)));
  const Record twice = fold_epoch(record, {.proven = 1, .severity_ppm = 1'000'000}, kDay);
  REQUIRE(twice.tombstoned);
  CHECK_FALSE(shares_newcomer_floor(3002, twice));
  CHECK_FALSE(shares_newcomer_floor(0, twice));
}

}  // namespace assay::reputation
