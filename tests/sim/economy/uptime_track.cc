#include "tests/sim/economy/uptime_track.h"

#include <algorithm>

#include "core/base/check.h"
#include "reputation/policy/fold.h"

namespace assay::sim {
namespace {

using reputation::kOne;
using reputation::Q30;

constexpr std::uint32_t kUnobserved = UINT32_MAX;
constexpr Q30 kIncidentFactor = reputation::ratio(995, 1000);
constexpr std::uint32_t kIncidentsFree = 3;
// Well above what leads to jail: the week is cut a little differently there.
constexpr Q30 kBadWeek = reputation::ratio(75, 100);

bool is_down(std::uint32_t share) {
  return share < kOne / 2;
}

}  // namespace

UptimeTrack::UptimeTrack(std::uint64_t current_window)
    : current_(current_window),
      ring_(reputation::kMonthWindows, Window{kUnobserved, 0, 0}),
      spans_{{{reputation::kMonthWindows}, {reputation::kWeekWindows}, {reputation::kDayWindows}}} {
}

void UptimeTrack::advance(std::uint64_t current_window) {
  for (; current_ < current_window; ++current_) {
    for (Span& span : spans_) {
      if (current_ < span.windows) continue;
      const std::uint32_t leaving = slot(current_ - span.windows).share;
      if (leaving == kUnobserved) continue;
      span.sum -= leaving;
      --span.observed;
    }
    // The slot of the window that begins is that of the one which leaves the month.
    std::uint32_t& share = slot(current_).share;
    if (share != kUnobserved && is_down(share)) --down_;
    share = kUnobserved;
  }
}

void UptimeTrack::enter(std::uint32_t answered, std::uint32_t asked) {
  if (asked == 0) return;
  Window& window = slot(current_ - 1);
  ASSAY_CHECK(window.share == kUnobserved, "an uptime window is told of once");
  answered = std::min(answered, asked);
  window = {static_cast<std::uint32_t>(reputation::divide(answered, asked)),
            static_cast<std::uint16_t>(answered), static_cast<std::uint16_t>(asked)};
  if (is_down(window.share)) ++down_;
  for (Span& span : spans_) {
    span.sum += window.share;
    ++span.observed;
  }
  if (spans_[1].mean(kOne) < kBadWeek) bad_until_ = current_ + reputation::kMonthWindows + 1;
}

std::uint64_t UptimeTrack::first() const {
  return current_ - std::min(current_, reputation::kMonthWindows);
}

reputation::UptimeHistory UptimeTrack::history() const {
  reputation::UptimeHistory history;
  for (std::uint64_t window = first(); window < current_; ++window) {
    const Window& it = ring_[window % ring_.size()];
    if (it.share != kUnobserved) history.windows.push_back({window, it.answered, it.asked});
  }
  return history;
}

Q30 UptimeTrack::month() const {
  return spans_[0].mean(0);
}
Q30 UptimeTrack::day() const {
  return spans_[2].mean(spans_[1].mean(month()));
}

std::uint32_t UptimeTrack::incidents() const {
  if (down_ == 0) return 0;
  std::uint32_t count = 0;
  bool counted = false;
  for (std::uint64_t window = first(); window < current_; ++window) {
    const std::uint32_t share = ring_[window % ring_.size()].share;
    if (share == kUnobserved) continue;
    if (!is_down(share)) {
      counted = false;
    } else if (!counted && current_ - window <= reputation::kWeekWindows) {
      counted = true;
      ++count;
    }
  }
  return count;
}

Q30 UptimeTrack::uptime() const {
  const Q30 week = spans_[1].mean(month());
  const Q30 mean = (month() * 5 + week * 3 + day() * 2) / 10;
  const std::uint64_t observed = spans_[0].observed;
  const Q30 bound = reputation::wilson_lower_bound(mean * observed, kOne * observed);
  const std::uint32_t count = incidents();
  const std::uint32_t beyond = count > kIncidentsFree ? count - kIncidentsFree : 0;
  return static_cast<Q30>(reputation::multiply(bound, reputation::power(kIncidentFactor, beyond)));
}

}  // namespace assay::sim
