// Typed time, and the clock as an argument. Wall time is for windows and records only; durations
// are measured on the steady clock, which never runs backwards.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace assay {

// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
struct UnixMillis {
  std::int64_t ms = 0;
  auto operator<=>(const UnixMillis&) const = default;
};

// A point on a clock that only moves forward; comparable within one process only.
struct SteadyMillis {
  std::int64_t ms = 0;
  auto operator<=>(const SteadyMillis&) const = default;
};

inline UnixMillis operator+(UnixMillis t, std::int64_t ms) {
  return {t.ms + ms};
}
inline std::int64_t operator-(UnixMillis a, UnixMillis b) {
  return a.ms - b.ms;
}
inline SteadyMillis operator+(SteadyMillis t, std::int64_t ms) {
  return {t.ms + ms};
}
inline std::int64_t operator-(SteadyMillis a, SteadyMillis b) {
  return a.ms - b.ms;
}

// "2026-11-22T16:02:05.123Z" (RFC 3339, UTC, always milliseconds).
std::string to_rfc3339(UnixMillis time);

// Where a program gets its time from. Implementations are safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixMillis unix_now() = 0;
  virtual SteadyMillis steady_now() = 0;
  virtual void sleep(std::int64_t ms) = 0;  // negative or zero returns at once
};

// The machine's clock. One instance serves the process.
Clock& system_clock();

// A clock that stands still until it is told to move. sleep() moves it. One thread at a time.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(UnixMillis start) : unix_(start) {}
  UnixMillis unix_now() override { return unix_; }
  SteadyMillis steady_now() override { return steady_; }
  void sleep(std::int64_t ms) override { advance(ms); }
  void advance(std::int64_t ms) {
    if (ms <= 0) return;
    unix_.ms += ms;
    steady_.ms += ms;
  }
  void step_wall(std::int64_t ms) { unix_.ms += ms; }  // the wall clock is set, not passed

 private:
  UnixMillis unix_;
  SteadyMillis steady_;
};

}  // namespace assay
