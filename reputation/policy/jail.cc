#include "reputation/policy/jail.h"

#include <algorithm>

namespace assay::reputation {
namespace {

constexpr Q30 kUnder = ratio(kJailUnderPpm, 1'000'000);

Q30 share(const UptimeWindow& window) {
  return static_cast<Q30>(divide(window.answered, window.asked));
}

bool is_answered(const UptimeWindow& window) {
  return std::uint64_t{window.answered} * 1'000'000 >=
         std::uint64_t{window.asked} * kJailAnsweredPpm;
}

// The mean over the observed windows of the last seven days.
class Week {
 public:
  explicit Week(std::span<const UptimeWindow> windows) : windows_(windows) {}

  // Adds windows_[at], and drops what is a week older.
  void add(std::size_t at) {
    sum_ += share(windows_[at]);
    ++observed_;
    for (; windows_[at].index - windows_[first_].index >= kWeekWindows; ++first_) {
      sum_ -= share(windows_[first_]);
      --observed_;
    }
  }
  // Begins anew after windows_[at].
  void forget(std::size_t at) {
    first_ = at + 1;
    sum_ = 0;
    observed_ = 0;
  }

  Q30 mean() const { return observed_ == 0 ? 0 : static_cast<Q30>(sum_ / observed_); }
  bool is_under() const { return observed_ >= kJailWindowsMin && mean() < kUnder; }

 private:
  std::span<const UptimeWindow> windows_;
  std::size_t first_ = 0;
  Wide sum_ = 0;
  std::uint32_t observed_ = 0;
};

// When the provider showed that it is back: the first window that it may be free in; none yet.
std::optional<std::uint64_t> shown_at(Jail& jail, std::span<const UptimeWindow> later,
                                      std::span<const std::uint64_t> passes) {
  std::optional<std::uint64_t> shown;
  const auto pass = std::ranges::lower_bound(passes, jail.since);
  if (pass != passes.end()) shown = *pass;
  for (const UptimeWindow& window : later) {
    if (shown && window.index >= *shown) break;
    jail.answered = is_answered(window) ? jail.answered + 1 : 0;
    if (jail.answered < kJailSeries) continue;
    shown = window.index + 1;
    break;
  }
  return shown;
}

std::vector<UptimeWindow> windows_of_month(const UptimeHistory& history, std::uint64_t current) {
  std::vector<UptimeWindow> windows;
  for (const UptimeWindow& window : history.windows) {
    if (window.index >= current) break;
    if (current - window.index <= kMonthWindows) windows.push_back(window);
  }
  return windows;
}

}  // namespace

bool may_be_jailed(const UptimeHistory& history, std::uint64_t current_window) {
  const std::vector<UptimeWindow> windows = windows_of_month(history, current_window);
  Week week(windows);
  for (std::size_t at = 0; at < windows.size(); ++at) {
    week.add(at);
    if (week.is_under()) return true;
  }
  return false;
}

std::optional<Jail> jailed(const UptimeHistory& history, std::span<const std::uint64_t> passes,
                           std::uint64_t current_window) {
  const std::vector<UptimeWindow> windows = windows_of_month(history, current_window);
  Week week(windows);
  for (std::size_t at = 0; at < windows.size(); ++at) {
    week.add(at);
    if (!week.is_under()) continue;
    Jail jail;
    jail.since = windows[at].index + 1;
    jail.week = week.mean();
    const std::optional<std::uint64_t> shown =
        shown_at(jail, std::span(windows).subspan(at + 1), passes);
    jail.shown = shown.has_value();
    const std::uint64_t free = std::max(shown.value_or(0), jail.since + 1);
    if (!shown || free > current_window) return jail;
    while (at + 1 < windows.size() && windows[at + 1].index < free) ++at;
    week.forget(at);
  }
  return std::nullopt;
}

}  // namespace assay::reputation
