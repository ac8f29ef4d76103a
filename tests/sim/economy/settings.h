// The adversary table's own settings, without a market around them: one provider with a given
// audit probability and stake, honest for 500 jobs and then not, thousands of times over. What the
// design computed by hand is beside it. One thread.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tests/sim/economy/rules.h"

namespace assay::sim {

struct SettingResult {
  std::string_view name;
  std::string_view designed;  // what reputation.md says
  std::uint64_t owners = 0;
  std::uint64_t cheated = 0;
  std::uint64_t caught = 0;
  std::uint64_t delivered = 0;
  std::uint64_t hazard_ppm = 0;
  std::int64_t net_micros = 0;  // over honest work, rent included where the name says so
  std::uint64_t trust_end_ppm = 0;
  bool must_lose = true;
};

// The same seed gives the same numbers on every machine. owners: of each setting; under rules that
// catch nobody each of them takes long.
inline constexpr std::uint64_t kSettingOwners = 2000;
inline constexpr std::uint64_t kSettingOwnersOfControls = 60;
std::vector<SettingResult> run_settings(const Rules& rules, std::uint64_t seed,
                                        std::uint64_t owners = kSettingOwners);

}  // namespace assay::sim
