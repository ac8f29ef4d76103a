// reputation/policy/uptime.h kept up hour by hour: the same U out of running sums, for providers by
// the thousand. Held to measure_uptime() by tests. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "reputation/policy/uptime.h"

namespace assay::sim {

class UptimeTrack {
 public:
  explicit UptimeTrack(std::uint64_t current_window);

  void advance(std::uint64_t current_window);  // never back
  // What the window before the current one came to; once.
  void enter(std::uint32_t answered, std::uint32_t asked);

  reputation::Q30 uptime() const;  // U, the current window not counted
  reputation::Q30 month() const;   // mean share of 30 d

 private:
  struct Span {
    std::uint64_t windows;
    reputation::Q30 sum = 0;
    std::uint32_t observed = 0;
  };
  std::uint32_t& slot(std::uint64_t window) { return ring_[window % ring_.size()]; }
  std::uint32_t incidents() const;

  std::uint64_t current_;
  std::vector<std::uint32_t> ring_;  // shares in Q30 by window
  std::array<Span, 3> spans_;        // month, week, day
  std::uint32_t down_ = 0;           // windows of the ring in which less than half was answered
};

}  // namespace assay::sim
