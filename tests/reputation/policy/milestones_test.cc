#include "reputation/policy/milestones.h"

#include "tests/catch.h"

namespace assay::reputation {
namespace {

const WorkDay kGoodDay{.class_measured = true,
                       .audits_passed = 5,
                       .failures = 0,
                       .uptime_ppm = 990'000,
                       .gpu_seconds = 20 * 3600,
                       .tier = Tier::ultra_high,
                       .reports_confirmed = 0,
                       .slashed = false};

Standing after(std::uint32_t days, const WorkDay& day = kGoodDay, Standing standing = {}) {
  for (; days > 0; --days) standing = fold_work_day(standing, day);
  return standing;
}

std::string reached(const Standing& standing) {
  std::string names;
  for (const Milestone& milestone : milestones()) {
    if (milestone.reached(standing)) names += std::string(milestone.name) + " ";
  }
  return names;
}

}  // namespace

TEST_CASE("each milestone is reached on its day and not before") {
  struct Case {
    std::string_view name;
    std::uint32_t day;
  };
  constexpr Case kCases[] = {
      {"class-proven", 1},         {"20-vetting-jobs", 4},      {"vetted", 21},
      {"30-good-days", 30},        {"1k-gpu-hours", 50},        {"10k-gpu-hours", 500},
      {"180-days-unslashed", 180}, {"365-days-ultra-high", 365}};
  static_assert(std::size(kCases) == kMilestones);
  for (const Case& it : kCases) {
    INFO(it.name);
    CHECK(reached(after(it.day)).find(it.name) != std::string::npos);
    CHECK(reached(after(it.day - 1)).find(it.name) == std::string::npos);
  }
}

TEST_CASE("points are the sum of what was reached, and 250 for each fraud reported") {
  CHECK(milestone_points({}) == 0);
  CHECK(milestone_points(after(1)) == 50);
  CHECK(milestone_points(after(4)) == 150);
  CHECK(milestone_points(after(500)) == 50 + 100 + 200 + 200 + 300 + 1000 + 500 + 1000);
  WorkDay reporter;
  reporter.reports_confirmed = 3;
  CHECK(milestone_points(after(1, reporter)) == 750);
}

TEST_CASE("a slash takes back what rests on conduct, and only a fold without it restores it") {
  WorkDay slashed = kGoodDay;
  slashed.slashed = true;
  const Standing standing = fold_work_day(after(499), slashed);
  CHECK(reached(standing) == "class-proven 1k-gpu-hours 10k-gpu-hours ");
  CHECK(standing.days == 0);
  CHECK(reached(after(21, kGoodDay, standing)).find("vetted") != std::string::npos);
  CHECK(fold_work_day(after(499), kGoodDay) == after(500));
}

TEST_CASE("a day with a failure or little uptime is no good day") {
  WorkDay failed = kGoodDay;
  failed.failures = 1;
  WorkDay away = kGoodDay;
  away.uptime_ppm = kGoodDayUptimePpm - 1;
  CHECK(after(40, failed).good_days == 0);
  CHECK(after(40, away).good_days == 0);
  CHECK(after(40).good_days == 40);
}

}  // namespace assay::reputation
