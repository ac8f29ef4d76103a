// The strip of ninety days as a reader would draw it: out of every window that was ever entered,
// each summed up apart. What the row's windows and days together must give.
#pragma once

#include <map>

#include "reputation/policy/uptime_days.h"

namespace assay::test {

inline std::vector<reputation::UptimeDay> strip_of(
    const std::map<std::uint64_t, reputation::UptimeWindow>& windows, std::uint64_t current) {
  std::map<std::uint64_t, reputation::UptimeDay> days;
  for (const auto& [index, it] : windows) {
    reputation::UptimeDay& day = days[index / 24];
    day.day = index / 24;
    day.answered += it.answered;
    day.asked += it.asked;
    day.windows |= std::uint32_t{1} << (index % 24);
  }
  std::vector<reputation::UptimeDay> out;
  for (const auto& [number, day] : days) {
    if (number + 90 > current / 24 && number <= current / 24) out.push_back(day);
  }
  return out;
}

}  // namespace assay::test
