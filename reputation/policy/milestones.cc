#include "reputation/policy/milestones.h"

namespace assay::reputation {
namespace {

constexpr std::uint64_t kHour = 3600;
constexpr std::uint64_t kReportPoints = 250;

constexpr std::array<Milestone, kMilestones> kTable{{
    {"class-proven", 50, [](const Standing& s) { return s.class_proven; }},
    {"20-vetting-jobs", 100, [](const Standing& s) { return s.audits_passed >= 20; }},
    {"vetted", 200, [](const Standing& s) { return s.audits_passed >= 100 && s.days >= 21; }},
    {"30-good-days", 200, [](const Standing& s) { return s.good_days >= 30; }},
    {"1k-gpu-hours", 300, [](const Standing& s) { return s.gpu_seconds >= 1'000 * kHour; }},
    {"10k-gpu-hours", 1000, [](const Standing& s) { return s.gpu_seconds >= 10'000 * kHour; }},
    {"180-days-unslashed", 500, [](const Standing& s) { return s.days >= 180; }},
    {"365-days-ultra-high", 1000, [](const Standing& s) { return s.days_ultra >= 365; }},
}};

}  // namespace

Standing fold_work_day(Standing standing, const WorkDay& day) {
  standing.class_proven = standing.class_proven || day.class_measured;
  standing.gpu_seconds += day.gpu_seconds;
  standing.reports_confirmed += day.reports_confirmed;
  if (day.slashed) {
    // The day of a slash counts for nothing else: within a day there is no before and after.
    standing.audits_passed = 0;
    standing.days = standing.good_days = standing.days_ultra = 0;
    return standing;
  }
  standing.audits_passed += day.audits_passed;
  ++standing.days;
  if (day.uptime_ppm >= kGoodDayUptimePpm && day.failures == 0) ++standing.good_days;
  if (day.tier == Tier::ultra_high) ++standing.days_ultra;
  return standing;
}

const std::array<Milestone, kMilestones>& milestones() {
  return kTable;
}

std::uint64_t milestone_points(const Standing& standing) {
  std::uint64_t points = standing.reports_confirmed * kReportPoints;
  for (const Milestone& milestone : kTable) {
    if (milestone.reached(standing)) points += milestone.points;
  }
  return points;
}

}  // namespace assay::reputation
