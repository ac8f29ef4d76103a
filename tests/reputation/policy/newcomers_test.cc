// What new keys owe, what they are given, and who shares it.
#include "reputation/policy/newcomers.h"

#include "reputation/policy/canaries.h"
#include "reputation/policy/entry_bond.h"
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

TEST_CASE("a new key burns the reference value of the jobs that vet it, where stake is asked for") {
  wire::Policy policy;
  policy.reference_value_micros = 10'000'000;
  CHECK(entry_bond_micros(policy) == 0);
  policy.stake_required_micros = 1;
  CHECK(entry_bond_micros(policy) == 200'000'000);
  policy.first_jobs = 0;
  CHECK(entry_bond_micros(policy) == 0);
  policy.first_jobs = UINT32_MAX;
  policy.reference_value_micros = UINT64_MAX;
  CHECK(entry_bond_micros(policy) == UINT64_MAX);
}

TEST_CASE("canaries make up for what was missing of two audits a day, where there was work") {
  const struct {
    std::uint32_t attested, audited, owed;
  } rows[] = {{0, 0, 0}, {1, 0, 2}, {20, 0, 2}, {20, 1, 1}, {20, 2, 0}, {20, 20, 0}, {0, 3, 0}};
  for (const auto& it : rows) CHECK(canaries_owed(it.attested, it.audited) == it.owed);
}

}  // namespace assay::reputation
