// Announced maintenance: time in which a provider need not answer, agreed on ahead. Pure; any
// thread. Source: reputation policy v1, "Uptime U".
//
// At most four hours of any 30 days, announced 24 hours ahead. Uptime windows that lie wholly
// inside are left out of the history, as if nobody had asked: neither up nor down. A window that
// maintenance covers in part only is one like any other.
#pragma once

#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"

namespace assay::reputation {

inline constexpr std::int64_t kMaintenanceNoticeMs = std::int64_t{24} * 3'600'000;
inline constexpr std::int64_t kMaintenanceMaxMs = std::int64_t{4} * 3'600'000;  // of any span of
inline constexpr std::int64_t kMaintenanceSpanMs = std::int64_t{30} * 24 * 3'600'000;
inline constexpr std::size_t kMaintenancesMax = 32;  // remembered at once

// [from, to), from < to.
struct Maintenance {
  UnixMillis from;
  UnixMillis to;
  bool operator==(const Maintenance&) const = default;
};

// May `wanted` be announced now, beside what was announced before?
//   conflict     too soon, over another one, or more than is left: says which, and how much is left
Status may_announce(std::span<const Maintenance> announced, const Maintenance& wanted,
                    UnixMillis now);

// How much of the four hours is still free in every 30 days that touch [from, to).
std::int64_t maintenance_left_ms(std::span<const Maintenance> announced, UnixMillis from,
                                 UnixMillis to);

// Does [from, to) lie wholly inside one of them?
bool is_excused(std::span<const Maintenance> announced, UnixMillis from, UnixMillis to);

// The first of them that overlaps [from, to); null when none does.
const Maintenance* overlapping(std::span<const Maintenance> announced, UnixMillis from,
                               UnixMillis to);

// Forgets those that no announcement and no window can ask about any more.
void forget_past(std::vector<Maintenance>& announced, UnixMillis now);

}  // namespace assay::reputation
