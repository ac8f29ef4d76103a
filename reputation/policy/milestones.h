// Milestones: points for what a provider has done in a class, for people to look up to. They never
// feed trust. Pure; any thread. Source: reputation policy v1, "Milestones".
//
// A fold of days, so that the events of a slash that is reversed leave no trace. A slash takes back
// what rests on conduct (vetting, good days, days unslashed, days in Ultra-High), which is then
// earned again from its day on; work done and reports confirmed stay.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "reputation/policy/tiers.h"

namespace assay::reputation {

inline constexpr std::uint32_t kGoodDayUptimePpm = 980'000;

// One day of one provider in one class.
struct WorkDay {
  bool class_measured = false;  // a hardware round showed the claimed class on this day
  std::uint32_t audits_passed = 0;
  std::uint32_t failures = 0;           // soft ones
  std::uint32_t uptime_ppm = 0;         // of the day
  std::uint64_t gpu_seconds = 0;        // of jobs whose audit passed
  Tier tier = Tier::entry;              // as the day ends
  std::uint32_t reports_confirmed = 0;  // frauds of others that this provider reported
  bool slashed = false;
};

struct Standing {
  bool class_proven = false;
  std::uint64_t gpu_seconds = 0;
  std::uint64_t reports_confirmed = 0;
  // Since the last slash:
  std::uint64_t audits_passed = 0;
  std::uint32_t days = 0;
  std::uint32_t good_days = 0;   // uptime of kGoodDayUptimePpm or more, and no failure
  std::uint32_t days_ultra = 0;  // in the Ultra-High tier, not necessarily in a row
  bool operator==(const Standing&) const = default;
};

Standing fold_work_day(Standing standing, const WorkDay& day);

struct Milestone {
  std::string_view name;
  std::uint32_t points;
  bool (*reached)(const Standing&);
};
// The table of policy v1, in the order a provider meets it.
inline constexpr std::size_t kMilestones = 8;
const std::array<Milestone, kMilestones>& milestones();

// The points of all milestones reached, and 250 for every report confirmed.
std::uint64_t milestone_points(const Standing& standing);

}  // namespace assay::reputation
