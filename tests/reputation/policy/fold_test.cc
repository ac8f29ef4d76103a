#include "reputation/policy/fold.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "core/base/random.h"
#include "tests/catch.h"
#include "tests/vectors.h"

namespace assay::reputation {
namespace {

constexpr EpochCounts passes(std::uint32_t n) {
  return {.passes = n};
}
constexpr EpochCounts soft(std::uint32_t n) {
  return {.soft = n};
}
constexpr EpochCounts kProven{.proven = 1, .severity_ppm = 1'000'000};

Q30 trust_of(const Record& record) {
  return trust(record, q30_from_ppm(994'000), q30_from_ppm(970'000), q30_from_ppm(800'000));
}

// An epoch as a provider might live it: mostly passes, some soft failures, rarely a fraud.
EpochCounts random_counts(Random& random) {
  EpochCounts counts;
  if (random.below(4) != 0) counts.passes = static_cast<std::uint32_t>(random.below(40));
  if (random.below(10) == 0) counts.soft = static_cast<std::uint32_t>(random.below(4));
  if (random.below(200) == 0) {
    counts.proven = 1;
    counts.severity_ppm = 100'000 * (1 + random.below(20));
  }
  return counts;
}

std::uint32_t random_hours(Random& random) {
  constexpr std::array<std::uint32_t, 6> kHours{0, 1, 1, 24, 500, 9000};
  return kHours[random.below(kHours.size())];
}

Record random_record(Random& random) {
  Record record;
  const std::uint64_t epochs = random.below(60);
  for (std::uint64_t i = 0; i < epochs; ++i) {
    record = fold_epoch(record, random_counts(random), random_hours(random));
  }
  return record;
}

struct EpochLine {
  EpochCounts counts;
  std::uint32_t hours = 0, times = 0;
};

EpochLine parse_epoch(const std::string& text) {
  EpochLine line;
  std::istringstream in(text);
  in >> line.hours >> line.counts.passes >> line.counts.soft >> line.counts.proven >>
      line.counts.severity_ppm >> line.counts.equivocations >> line.times;
  REQUIRE(in);
  REQUIRE(in.peek() == std::istringstream::traits_type::eof());
  return line;
}

}  // namespace

TEST_CASE("the fold gives the published scores to the last bit") {
  const auto vectors = test::load_vectors(
      "fold",
      {"epoch", "uptime_ppm", "performance_ppm", "stake_ppm", "r_ppm", "s_ppm", "integrity_ppm",
       "trust_ppm", "r_q30", "s_q30", "fr_q30", "fs_q30", "slash_q30", "trust_q30"},
      60);
  for (const test::Vector& vector : vectors) {
    INFO(vector.name());
    REQUIRE(vector.expect() == "ok");
    Record record;
    for (const std::string& text : vector.all("epoch")) {
      const EpochLine line = parse_epoch(text);
      for (std::uint32_t i = 0; i < line.times; ++i) {
        record = fold_epoch(record, line.counts, line.hours);
      }
    }
    const auto component = [&](const char* key) {
      return q30_from_ppm(static_cast<std::uint32_t>(vector.number(key)));
    };
    const Q30 score = trust(record, component("uptime_ppm"), component("performance_ppm"),
                            component("stake_ppm"));
    CHECK(record.r == vector.number("r_q30"));
    CHECK(record.s == vector.number("s_q30"));
    CHECK(record.fr == vector.number("fr_q30"));
    CHECK(record.fs == vector.number("fs_q30"));
    CHECK(record.slash == vector.number("slash_q30"));
    CHECK(score == vector.number("trust_q30"));
    CHECK(ppm_from_q30(record.r) == vector.number("r_ppm"));
    CHECK(ppm_from_q30(record.s) == vector.number("s_ppm"));
    CHECK(ppm_from_q30(integrity(record)) == vector.number("integrity_ppm"));
    CHECK(ppm_from_q30(score) == vector.number("trust_ppm"));
  }
}

TEST_CASE("trust and its parts stay between nothing and one, whatever happens") {
  SeededRandom random(1);
  for (int run = 0; run < 500; ++run) {
    const Record record = random_record(random);
    const auto any = [&] { return random.below(kOne + 1); };
    const Q30 uptime = any(), performance = any(), stake = any();
    CHECK(trust(record, uptime, performance, stake) <=
          std::min({uptime, performance, integrity(record), slash_factor(record)}));
    CHECK(integrity(record) <= kOne);
    CHECK(slash_factor(record) <= kOne);
    CHECK(uncertainty(record) <= kOne);
  }
}

TEST_CASE("a pass never lowers r/(r+s)") {
  SeededRandom random(2);
  for (int run = 0; run < 2000; ++run) {
    const Record before = random_record(random);
    const std::uint32_t count = 1 + static_cast<std::uint32_t>(random.below(500));
    const Record after = fold_epoch(before, passes(count), 0);
    CHECK(Wide{after.r} * before.s >= Wide{before.r} * after.s);
  }
}

TEST_CASE("a failure never raises trust") {
  SeededRandom random(3);
  for (int run = 0; run < 2000; ++run) {
    const Record before = random_record(random);
    for (const EpochCounts& failure : {soft(1), soft(5), kProven}) {
      CHECK(trust_of(fold_epoch(before, failure, 0)) <= trust_of(before));
    }
    // Nor does one more failure in an epoch that has other events.
    EpochCounts counts = random_counts(random);
    const Q30 fewer = trust_of(fold_epoch(before, counts, 0));
    ++counts.soft;
    CHECK(trust_of(fold_epoch(before, counts, 0)) <= fewer);
  }
}

TEST_CASE("one epoch of n passes equals n epochs of one pass but for rounding") {
  for (const std::uint32_t n : {2U, 10U, 300U, 3000U}) {
    const Record batch = fold_epoch({}, passes(n), 0);
    Record single;
    for (std::uint32_t i = 0; i < n; ++i) single = fold_epoch(single, passes(1), 0);
    const Q30 larger = std::max(batch.r, single.r), smaller = std::min(batch.r, single.r);
    CHECK((larger - smaller) * 1'000'000 <= larger);  // within a millionth
    CHECK(ppm_from_q30(trust_of(batch)) == ppm_from_q30(trust_of(single)));
  }
}

TEST_CASE("a burst of passes does not mask a failure of the same epoch") {
  const Record base = fold_epoch({}, passes(300), 0);
  const Record burst = fold_epoch(base, {.passes = 1000, .soft = 1}, 0);
  const Record before = fold_epoch(fold_epoch(base, passes(1000), 0), soft(1), 0);
  CHECK(burst == before);
  const Record fraud = fold_epoch(base, {.passes = 1000, .proven = 1, .severity_ppm = 1}, 0);
  CHECK(trust_of(fraud) == 0);
}

TEST_CASE("reading an idle record decays a copy and equals an epoch without events") {
  SeededRandom random(4);
  for (int run = 0; run < 200; ++run) {
    const Record record = random_record(random);
    const Record kept = record;
    const std::uint32_t hours = static_cast<std::uint32_t>(random.below(20'000));
    CHECK(decayed(record, hours) == fold_epoch(record, {}, hours));
    CHECK(record == kept);
    CHECK(decayed(record, 0) == record);
  }
}

TEST_CASE("a second proven fraud within a year, or one equivocation, is for ever") {
  const auto after = [](std::uint32_t hours_between) {
    Record record = fold_epoch({}, kProven, 0);
    record = fold_epoch(record, passes(50), hours_between / 2);
    return fold_epoch(record, kProven, hours_between - hours_between / 2);
  };
  CHECK(after(0).tombstoned);
  CHECK(after(8760).tombstoned);
  CHECK_FALSE(after(8761).tombstoned);
  CHECK(after(8761).proven == 2);
  CHECK(fold_epoch({}, {.proven = 2, .severity_ppm = 2'000'000}, 0).tombstoned);

  Record record = fold_epoch({}, {.proven = 1, .severity_ppm = 2'000'000, .equivocations = 1}, 0);
  CHECK(record.tombstoned);
  for (int year = 0; year < 20; ++year) record = fold_epoch(record, passes(700), 8760);
  CHECK(trust_of(record) == 0);
  CHECK(integrity(record) > q30_from_ppm(900'000));  // everything else has healed
}

TEST_CASE("a slash lowers trust by exp(-severity), halving in 180 days") {
  const Record slashed = fold_epoch({}, {.proven = 1, .severity_ppm = 500'000}, 0);
  CHECK(ppm_from_q30(slash_factor(slashed)) == 606'530);  // exp(-0.5)
  // exp(-0.25) = .778800; an hour's factor is truncated, 4,320 hours of it show.
  CHECK(ppm_from_q30(slash_factor(decayed(slashed, 180 * 24))) == 778'815);
}

TEST_CASE("absurd counts saturate instead of wrapping") {
  constexpr std::uint32_t kMax = 0xffff'ffff;
  Record record;
  for (int i = 0; i < 8; ++i) {
    record = fold_epoch(record,
                        {.passes = kMax,
                         .soft = kMax,
                         .proven = kMax,
                         .severity_ppm = ~std::uint64_t{0},
                         .equivocations = kMax},
                        0);
    CHECK(record.tombstoned);
    CHECK(record.s >= 25 * kOne);
    CHECK(integrity(record) == 0);
    CHECK(slash_factor(record) == 0);
    CHECK(trust_of(record) == 0);
  }
}

TEST_CASE("stake enters as its 0.15th power") {
  const Record record = fold_epoch({}, passes(300), 0);
  const auto with_stake = [&](Q30 stake) { return ppm_from_q30(trust(record, kOne, kOne, stake)); };
  CHECK(with_stake(kOne) == 988'155);
  CHECK(with_stake(2 * kOne) == 988'155);
  CHECK(with_stake(kOne / 4) == 802'631);  // 988,155 * 4^-0.15
  CHECK(with_stake(0) == 0);
}

TEST_CASE("parts per million survive the way to Q30 and back within one") {
  for (std::uint32_t ppm = 0; ppm <= 1'000'000; ppm += 7) {
    const std::uint32_t back = ppm_from_q30(q30_from_ppm(ppm));
    REQUIRE(back <= ppm);
    REQUIRE(ppm - back <= 1);
  }
  CHECK(q30_from_ppm(1'000'000) == kOne);
}

TEST_CASE("the Wilson bound knows its edges") {
  CHECK(wilson_lower_bound(0, 0) == 0);
  CHECK(ppm_from_q30(wilson_lower_bound(0, 100 * kOne)) == 0);
  CHECK(ppm_from_q30(wilson_lower_bound(kOne, kOne)) == 269'830);
  CHECK(wilson_lower_bound(1, 1) < 10);  // next to no evidence
  Q30 previous = 0;
  for (std::uint64_t n = 1; n < 2000; n *= 2) {
    const Q30 bound = wilson_lower_bound(n * kOne, n * kOne);
    CHECK(bound > previous);
    CHECK(bound < kOne);
    previous = bound;
  }
}

}  // namespace assay::reputation
