#include "reputation/policy/worker_check.h"

#include "tests/catch.h"

namespace assay::reputation::test {

TEST_CASE("A worker is flagged when chance hardly explains what it finds") {
  const struct {
    const char* name;
    ReplayCounts one;
    ReplayCounts others;
    bool off;
  } rows[] = {
      {"nobody has replayed anything", {0, 0}, {0, 0}, false},
      {"too few replays of its own", {19, 19}, {1000, 0}, false},
      {"too few of the others", {1000, 500}, {19, 0}, false},
      {"all find nothing", {1000, 0}, {9000, 0}, false},
      {"the same rate", {1000, 10}, {9000, 90}, false},
      {"a little more, as chance has it", {1000, 18}, {9000, 90}, false},
      {"sees wrong what others see right", {1000, 60}, {9000, 90}, true},
      {"sees right what others see wrong", {1000, 0}, {9000, 900}, true},
      {"two mismatches where others have none", {20, 2}, {100'000, 0}, false},
      {"three of twenty", {20, 3}, {100'000, 0}, true},
      {"everything is wrong", {20, 20}, {20, 0}, true},
      {"more mismatches than replays is all of them", {20, 99}, {20, 0}, true},
      {"counts beyond 2^24 keep their rate", {UINT64_MAX, UINT64_MAX / 100}, {UINT64_MAX, 0}, true},
      {"and differ no more than they do",
       {UINT64_MAX, UINT64_MAX / 100},
       {UINT64_MAX, UINT64_MAX / 100},
       false},
  };
  for (const auto& row : rows) {
    INFO(row.name);
    CHECK(is_off(row.one, row.others) == row.off);
  }
}

TEST_CASE(
    "Flagging is symmetric in finding too much and too little, and grows with what was seen") {
  for (std::uint64_t n = kReplaysShown; n < 4000; n += 37) {
    // Where the others are wrong and right half the time, k more and k fewer are the same.
    for (std::uint64_t k = 0; k <= n / 2; k += 1 + n / 40) {
      const ReplayCounts others{100'000, 50'000};
      const bool more = is_off({2 * n, n + k}, others);
      CHECK(more == is_off({2 * n, n - k}, others));
      if (more) CHECK(is_off({4 * n, 2 * (n + k)}, others));
    }
  }
}

}  // namespace assay::reputation::test
