// Jail: a provider that does not answer gets no new work until it shows that it is back. No
// penalty: nothing is taken, and no score moves but by the uptime itself. Pure; any thread;
// integers only. Source: reputation policy v1, "Uptime U".
//
// A function of what is known of the last 30 days, and so the same whatever order that was logged
// in, and exact when an event is reversed:
//   in    once the mean share answered over the observed windows of seven days is under 0.60, of
//         24 observed windows or more
//   out   one window later at the soonest (an hour), and not before an audit passed since, or three
//         observed windows in a row were answered by 0.9: whoever gets no new work may have no
//         audit left to pass, so that the probes must do
// What was before it came out counts no more towards the next time: one cause, one jail.
#pragma once

#include <optional>
#include <span>

#include "reputation/policy/uptime.h"

namespace assay::reputation {

inline constexpr std::uint32_t kJailWindowsMin = 24;  // observed, before anybody is judged
inline constexpr std::uint32_t kJailSeries = 3;       // observed windows in a row, answered
inline constexpr std::uint32_t kJailUnderPpm = 600'000;
inline constexpr std::uint32_t kJailAnsweredPpm = 900'000;

// Window numbers are those of the uptime history.
struct Jail {
  std::uint64_t since = 0;     // the first window in jail; the next is the first that may be free
  Q30 week = 0;                // the mean that led to it
  std::uint32_t answered = 0;  // of the series, so far
  bool shown = false;          // it is back: what is missing is time alone
  bool operator==(const Jail&) const = default;
};

// The jail that a provider is in as `current_window` runs; none when it is free.
// passes: windows in which an audit of it passed, ascending.
//
// Whom no seven days ever put there is free whatever passed: may_be_jailed() says so for less.
std::optional<Jail> jailed(const UptimeHistory& history, std::span<const std::uint64_t> passes,
                           std::uint64_t current_window);
bool may_be_jailed(const UptimeHistory& history, std::uint64_t current_window);

}  // namespace assay::reputation
