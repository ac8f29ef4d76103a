// reputation/policy/uptime.h kept up hour by hour: the same U out of running sums, for providers by
// the thousand; and jail, asked for only where a week was bad. Held to measure_uptime() and to
// jailed() by tests. One thread.
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
  // What the window before the current one came to; once. At most 65,535 probes.
  void enter(std::uint32_t answered, std::uint32_t asked);

  reputation::Q30 uptime() const;  // U, the current window not counted
  reputation::Q30 month() const;   // mean share of 30 d
  reputation::Q30 day() const;     // of 24 windows, or of the next longer span that was observed
  // Whether a week of the last month was so bad that jailed() must be asked.
  bool had_bad_week() const { return bad_until_ > current_; }
  reputation::UptimeHistory history() const;  // of the last month

 private:
  struct Window {
    std::uint32_t share;  // Q30; kUnobserved
    std::uint16_t answered, asked;
  };
  struct Span {
    std::uint64_t windows;
    reputation::Q30 sum = 0;
    std::uint32_t observed = 0;
    reputation::Q30 mean(reputation::Q30 otherwise) const {
      return observed == 0 ? otherwise : sum / observed;
    }
  };
  Window& slot(std::uint64_t window) { return ring_[window % ring_.size()]; }
  std::uint64_t first() const;
  std::uint32_t incidents() const;

  std::uint64_t current_;
  std::vector<Window> ring_;   // by window
  std::array<Span, 3> spans_;  // month, week, day
  std::uint32_t down_ = 0;     // windows of the ring in which less than half was answered
  std::uint64_t bad_until_ = 0;
};

}  // namespace assay::sim
