#include "reputation/policy/uptime.h"

#include <algorithm>
#include <limits>

#include "reputation/policy/fold.h"
#include "reputation/policy/varint.h"

namespace assay::reputation {
namespace {

constexpr Q30 kIncidentFactor = ratio(995, 1000);
constexpr std::uint32_t kIncidentsFree = 3;

// What was answered over the observed windows of a span.
struct Shares {
  std::uint64_t span;
  Q30 sum = 0;
  std::uint32_t observed = 0;

  void add(Q30 share, std::uint64_t age) {
    if (age > span) return;
    sum += share;
    ++observed;
  }
  Q30 mean(Q30 otherwise) const { return observed == 0 ? otherwise : sum / observed; }
};

std::uint32_t count_incidents(const UptimeHistory& history, std::uint64_t current) {
  std::uint32_t incidents = 0;
  bool counted = false;  // the run that goes on has been counted
  for (const UptimeWindow& window : history.windows) {
    if (window.index >= current) break;
    const bool down = std::uint64_t{window.answered} * 2 < window.asked;
    if (!down) {
      counted = false;
    } else if (!counted && current - window.index <= kWeekWindows) {
      counted = true;
      ++incidents;
    }
  }
  return incidents;
}

}  // namespace

void enter(UptimeHistory& history, std::uint64_t window, std::uint32_t answered,
           std::uint32_t asked, std::vector<UptimeWindow>* left) {
  if (asked == 0) return;
  answered = std::min(answered, asked);
  std::vector<UptimeWindow>& windows = history.windows;
  const auto at = std::lower_bound(
      windows.begin(), windows.end(), window,
      [](const UptimeWindow& entry, std::uint64_t index) { return entry.index < index; });
  if (at != windows.end() && at->index == window) {
    if (asked > std::numeric_limits<std::uint32_t>::max() - at->asked) return;
    at->answered += answered;
    at->asked += asked;
  } else {
    windows.insert(at, UptimeWindow{window, answered, asked});
  }
  const std::uint64_t newest = windows.back().index;
  const auto first_kept = std::ranges::find_if(windows, [newest](const UptimeWindow& entry) {
    return newest - entry.index < kMonthWindows;
  });
  if (left != nullptr) left->insert(left->end(), windows.begin(), first_kept);
  windows.erase(windows.begin(), first_kept);
}

UptimeScore measure_uptime(const UptimeHistory& history, std::uint64_t current_window) {
  Shares month{kMonthWindows};
  Shares week{kWeekWindows};
  Shares day{kDayWindows};
  for (const UptimeWindow& window : history.windows) {
    if (window.index >= current_window) break;
    const Q30 share = (Q30{window.answered} << 30) / window.asked;
    for (Shares* shares : {&month, &week, &day}) shares->add(share, current_window - window.index);
  }
  UptimeScore score;
  score.month = month.mean(0);
  score.week = week.mean(score.month);
  score.day = day.mean(score.week);
  score.mean = (score.month * 5 + score.week * 3 + score.day * 2) / 10;
  score.observed = month.observed;
  score.incidents = count_incidents(history, current_window);
  const std::uint32_t beyond =
      score.incidents > kIncidentsFree ? score.incidents - kIncidentsFree : 0;
  const Q30 bound = wilson_lower_bound(score.mean * score.observed, kOne * score.observed);
  score.uptime = static_cast<Q30>(multiply(bound, power(kIncidentFactor, beyond)));
  return score;
}

Q30 uptime(const UptimeHistory& history, std::uint64_t current_window) {
  return measure_uptime(history, current_window).uptime;
}

Bytes uptime_bytes(const UptimeHistory& history) {
  Bytes bytes;
  const UptimeWindow* previous = nullptr;
  for (const UptimeWindow& window : history.windows) {
    if (previous == nullptr) {
      put_u64_be(bytes, window.index);
    } else {
      put_varint(bytes, window.index - previous->index);
    }
    put_varint(bytes, window.asked);
    put_varint(bytes, window.asked - window.answered);
    previous = &window;
  }
  return bytes;
}

Result<UptimeHistory> parse_uptime_bytes(ByteView bytes) {
  UptimeHistory history;
  if (bytes.empty()) return history;
  Reader reader(bytes);
  UptimeWindow window;
  window.index = reader.u64_be();
  do {
    if (!history.windows.empty()) {
      const Result<std::uint32_t> step = take_varint(reader, "uptime");
      if (!step.ok()) return step.error();
      if (step.value() == 0 ||
          window.index > std::numeric_limits<std::uint64_t>::max() - step.value()) {
        return fail(Code::malformed, "uptime: windows do not ascend");
      }
      window.index += step.value();
    }
    const Result<std::uint32_t> asked = take_varint(reader, "uptime");
    if (!asked.ok()) return asked.error();
    const Result<std::uint32_t> missed = take_varint(reader, "uptime");
    if (!missed.ok()) return missed.error();
    if (asked.value() == 0 || missed.value() > asked.value()) {
      return fail(Code::malformed, "uptime: more missed than asked, or nothing asked");
    }
    window.asked = asked.value();
    window.answered = asked.value() - missed.value();
    history.windows.push_back(window);
  } while (!reader.at_end());
  if (window.index - history.windows.front().index >= kMonthWindows) {
    return fail(Code::malformed, "uptime: windows more than 30 d apart");
  }
  return history;
}

}  // namespace assay::reputation
