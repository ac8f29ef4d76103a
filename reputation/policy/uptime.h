// Uptime: a lower bound of the share of random probes that a provider answers. Pure; any thread;
// integers only.
//
// Time is cut into windows with absolute numbers (floor(unix seconds / uptime_window_seconds)). A
// window is observed when the provider was asked at least once while the verifier was alive; every
// other window is unobserved, which counts for nothing: neither up nor down.
#pragma once

#include <vector>

#include "core/base/bytes.h"
#include "reputation/policy/fixed.h"

namespace assay::reputation {

inline constexpr std::uint64_t kMonthWindows = 720;  // 30 d of hours
inline constexpr std::uint64_t kWeekWindows = 168;
inline constexpr std::uint64_t kDayWindows = 24;

// One observed window.
struct UptimeWindow {
  std::uint64_t index = 0;
  std::uint32_t answered = 0;  // <= asked
  std::uint32_t asked = 0;     // >= 1
  bool operator==(const UptimeWindow&) const = default;
};

// The observed windows of one provider, ascending, all within kMonthWindows of the newest.
struct UptimeHistory {
  std::vector<UptimeWindow> windows;
  bool operator==(const UptimeHistory&) const = default;
};

// Enters what was counted in one window in which the verifier was alive; several entries for one
// window add up, in any order. asked = 0 enters nothing, nor does what would bring a window's count
// beyond 32 bits; answered beyond asked counts as asked.
// Windows that are then kMonthWindows or more older than the newest are dropped, into `left` where
// that is given: uptime_days.h keeps their sums.
void enter(UptimeHistory& history, std::uint64_t window, std::uint32_t answered,
           std::uint32_t asked, std::vector<UptimeWindow>* left = nullptr);

// U with what it was made of.
struct UptimeScore {
  Q30 month = 0, week = 0, day = 0;  // mean share answered over the observed windows of each span
  Q30 mean = 0;                      // 0.5 month + 0.3 week + 0.2 day
  std::uint32_t observed = 0;        // windows in the month
  std::uint32_t incidents = 0;       // in the week
  Q30 uptime = 0;                    // U
  bool operator==(const UptimeScore&) const = default;
};

// U = WilsonLCB(mean, observed) * 0.995^max(0, incidents - 3), as it stands in current_window,
// which is itself not counted: it is not over yet.
// A span is the windows current_window-N .. current_window-1. One in which nothing was observed
// takes the mean of the next longer; with nothing observed at all everything is 0.
// An incident is a maximal run of observed windows in each of which less than half was answered;
// unobserved windows inside do not break the run, so that one outage is one incident. It counts
// when any of its windows lies in the week.
UptimeScore measure_uptime(const UptimeHistory& history, std::uint64_t current_window);

// U alone.
Q30 uptime(const UptimeHistory& history, std::uint64_t current_window);

// One spelling per history. Bytes: nothing for an empty history, else the first index (u64,
// big-endian), then per window the step from the one before (not for the first), asked and
// asked - answered, each in the shortest LEB128.
Bytes uptime_bytes(const UptimeHistory& history);
//   malformed    anything that uptime_bytes() cannot have written
Result<UptimeHistory> parse_uptime_bytes(ByteView bytes);

}  // namespace assay::reputation
