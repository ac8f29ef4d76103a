#include "reputation/policy/uptime_days.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "reputation/policy/varint.h"

namespace assay::reputation {
namespace {

constexpr std::uint32_t kAllWindows = (std::uint32_t{1} << kDayWindows) - 1;
constexpr const char* kWhat = "uptime days";

void add_window(std::vector<UptimeDay>& days, const UptimeWindow& window) {
  const std::uint64_t day = window.index / kDayWindows;
  auto at = std::ranges::lower_bound(days, day, {}, &UptimeDay::day);
  if (at == days.end() || at->day != day) at = days.insert(at, UptimeDay{.day = day});
  if (window.asked > std::numeric_limits<std::uint32_t>::max() - at->asked) return;
  at->answered += window.answered;
  at->asked += window.asked;
  at->windows |= std::uint32_t{1} << (window.index % kDayWindows);
}

}  // namespace

std::uint32_t observed_windows(const UptimeDay& day) {
  return static_cast<std::uint32_t>(std::popcount(day.windows));
}

void enter(UptimeHistory& history, UptimeDays& days, std::uint64_t window, std::uint32_t answered,
           std::uint32_t asked) {
  std::vector<UptimeWindow> left;
  enter(history, window, answered, asked, &left);
  for (const UptimeWindow& it : left) add_window(days.days, it);
  if (history.windows.empty()) return;
  const std::uint64_t newest = history.windows.back().index / kDayWindows;
  std::erase_if(days.days, [newest](const UptimeDay& it) { return newest - it.day >= kStripDays; });
}

std::vector<UptimeDay> uptime_strip(const UptimeHistory& history, const UptimeDays& days,
                                    std::uint64_t current_window) {
  std::vector<UptimeDay> all = days.days;
  for (const UptimeWindow& it : history.windows) add_window(all, it);
  const std::uint64_t today = current_window / kDayWindows;
  std::erase_if(
      all, [today](const UptimeDay& it) { return it.day > today || today - it.day >= kStripDays; });
  return all;
}

Bytes uptime_days_bytes(const UptimeDays& days) {
  Bytes bytes;
  const UptimeDay* previous = nullptr;
  for (const UptimeDay& it : days.days) {
    if (previous == nullptr) {
      put_u64_be(bytes, it.day);
    } else {
      put_varint(bytes, it.day - previous->day);
    }
    put_varint(bytes, it.asked);
    put_varint(bytes, it.asked - it.answered);
    put_varint(bytes, it.windows);
    previous = &it;
  }
  return bytes;
}

Result<UptimeDays> parse_uptime_days_bytes(ByteView bytes) {
  UptimeDays out;
  if (bytes.empty()) return out;
  Reader reader(bytes);
  std::uint64_t day = reader.u64_be();
  do {
    if (!out.days.empty()) {
      const Result<std::uint32_t> step = take_varint(reader, kWhat);
      if (!step.ok()) return step.error();
      if (step.value() == 0 || step.value() >= kStripDays ||
          day + step.value() - out.days.front().day >= kStripDays) {
        return fail(Code::malformed, "uptime days: days do not ascend, or are 90 apart");
      }
      day += step.value();
    }
    const Result<std::uint32_t> asked = take_varint(reader, kWhat);
    if (!asked.ok()) return asked.error();
    const Result<std::uint32_t> missed = take_varint(reader, kWhat);
    if (!missed.ok()) return missed.error();
    const Result<std::uint32_t> windows = take_varint(reader, kWhat);
    if (!windows.ok()) return windows.error();
    if (day > std::numeric_limits<std::uint64_t>::max() / kDayWindows) {
      return fail(Code::malformed, "uptime days: a day that no window is of");
    }
    if (asked.value() == 0 || missed.value() > asked.value()) {
      return fail(Code::malformed, "uptime days: more missed than asked, or nothing asked");
    }
    if (windows.value() == 0 || windows.value() > kAllWindows) {
      return fail(Code::malformed, "uptime days: no window of the day, or more than it has");
    }
    out.days.push_back({day, asked.value() - missed.value(), asked.value(), windows.value()});
  } while (!reader.at_end());
  return out;
}

}  // namespace assay::reputation
