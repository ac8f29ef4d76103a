#include "reputation/policy/maintenance.h"

#include <algorithm>

namespace assay::reputation {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;

std::int64_t overlap_ms(const Maintenance& it, std::int64_t from, std::int64_t to) {
  return std::max<std::int64_t>(std::min(it.to.ms, to) - std::max(it.from.ms, from), 0);
}

// The most that lies in 30 days in a row, of those 30 days that touch [from, to). As they slide
// the sum only turns where they begin with the beginning of one, or end with the end of one, or
// where they begin or cease to touch.
std::int64_t most_ms(std::span<const Maintenance> all, std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> starts{from - kMaintenanceSpanMs + 1, to - 1};
  for (const Maintenance& it : all) {
    starts.push_back(it.from.ms);
    starts.push_back(it.to.ms - kMaintenanceSpanMs);
  }
  std::int64_t most = 0;
  for (const std::int64_t start : starts) {
    if (start >= to || start + kMaintenanceSpanMs <= from) continue;
    std::int64_t sum = 0;
    for (const Maintenance& it : all) sum += overlap_ms(it, start, start + kMaintenanceSpanMs);
    most = std::max(most, sum);
  }
  return most;
}

std::string minutes_text(std::int64_t ms) {
  return std::to_string(ms / kMinuteMs) + " min";
}

}  // namespace

std::int64_t maintenance_left_ms(std::span<const Maintenance> announced, UnixMillis from,
                                 UnixMillis to) {
  return std::max<std::int64_t>(kMaintenanceMaxMs - most_ms(announced, from.ms, to.ms), 0);
}

Status may_announce(std::span<const Maintenance> announced, const Maintenance& wanted,
                    UnixMillis now) {
  if (wanted.from - now < kMaintenanceNoticeMs) {
    return fail(Code::conflict, "maintenance is announced 24 hours ahead: from " +
                                    to_rfc3339(now + kMaintenanceNoticeMs) + " on, not from " +
                                    to_rfc3339(wanted.from));
  }
  if (const Maintenance* other = overlapping(announced, wanted.from, wanted.to)) {
    return fail(Code::conflict, "maintenance from " + to_rfc3339(other->from) + " to " +
                                    to_rfc3339(other->to) + " is announced already");
  }
  if (announced.size() >= kMaintenancesMax) {
    return fail(Code::conflict,
                std::to_string(kMaintenancesMax) + " are announced already: wait for one to pass");
  }
  std::vector<Maintenance> all(announced.begin(), announced.end());
  all.push_back(wanted);
  if (most_ms(all, wanted.from.ms, wanted.to.ms) > kMaintenanceMaxMs) {
    return fail(Code::conflict,
                minutes_text(wanted.to - wanted.from) + " of maintenance where " +
                    minutes_text(maintenance_left_ms(announced, wanted.from, wanted.to)) +
                    " are left: at most 4 hours in any 30 days");
  }
  return {};
}

bool is_excused(std::span<const Maintenance> announced, UnixMillis from, UnixMillis to) {
  return std::ranges::any_of(announced,
                             [&](const Maintenance& it) { return it.from <= from && to <= it.to; });
}

const Maintenance* overlapping(std::span<const Maintenance> announced, UnixMillis from,
                               UnixMillis to) {
  const auto found = std::ranges::find_if(
      announced, [&](const Maintenance& it) { return it.from < to && from < it.to; });
  return found == announced.end() ? nullptr : &*found;
}

void forget_past(std::vector<Maintenance>& announced, UnixMillis now) {
  std::erase_if(announced,
                [now](const Maintenance& it) { return now - it.to >= 2 * kMaintenanceSpanMs; });
}

}  // namespace assay::reputation
