// Uptime day by day, for as long as people want to see it: what becomes of windows that are too old
// to count. No score is made of it. Pure; any thread; integers only.
//
// A day is kDayWindows windows: day n holds the windows n * 24 .. n * 24 + 23, and so is a day of
// the calendar (UTC) where windows are hours.
#pragma once

#include "reputation/policy/uptime.h"

namespace assay::reputation {

inline constexpr std::uint64_t kStripDays = 90;

// Sums over the observed windows of one day.
struct UptimeDay {
  std::uint64_t day = 0;
  std::uint32_t answered = 0;  // <= asked
  std::uint32_t asked = 0;     // >= 1
  std::uint32_t windows = 0;   // bit i: window i of the day was observed; at least one was
  bool operator==(const UptimeDay&) const = default;
};
std::uint32_t observed_windows(const UptimeDay& day);  // 1..24

// Days with windows that are kMonthWindows or more older than the newest, of those windows alone:
// ascending, the oldest less than kStripDays before the day of the newest window. So a history's
// windows and these days hold each observed window once, and there are at most 60 such days.
struct UptimeDays {
  std::vector<UptimeDay> days;
  bool operator==(const UptimeDays&) const = default;
};

// Enters a window as enter() of uptime.h does; one that leaves the history, or comes too late for
// it, goes into its day. The order in which windows are entered makes no difference. What would
// bring a day's sums beyond 32 bits is left out.
void enter(UptimeHistory& history, UptimeDays& days, std::uint64_t window, std::uint32_t answered,
           std::uint32_t asked);

// Every observed day of the last kStripDays, the one of `current_window` included: out of both.
std::vector<UptimeDay> uptime_strip(const UptimeHistory& history, const UptimeDays& days,
                                    std::uint64_t current_window);

// One spelling. Bytes: nothing where there are no days, else the first day (u64, big-endian), then
// per day the step from the one before (not for the first), asked, asked - answered and windows,
// each in the shortest LEB128.
Bytes uptime_days_bytes(const UptimeDays& days);
//   malformed    anything that uptime_days_bytes() cannot have written
Result<UptimeDays> parse_uptime_days_bytes(ByteView bytes);

}  // namespace assay::reputation
