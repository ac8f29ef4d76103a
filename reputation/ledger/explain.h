// Why a score is what it is: the events of one class, each with the points it moved the trust by.
// Reads one transaction; any thread that may. Errors: `storage` as the store's.
#pragma once

#include "reputation/ledger/view.h"
#include "reputation/policy/uptime.h"

namespace assay::reputation {

// What trust is multiplied by besides the record, as it stands now. History has no share in it, so
// that every line below is told in points of the present score.
struct Factors {
  Q30 uptime = 0;
  Q30 performance = 0;
  Q30 stake = 0;
  std::uint32_t age_days = UINT32_MAX;  // of the key: trust is capped by it
};

// One line of an explanation: an event, or the time that passed before the next.
struct ScoreLine {
  std::uint64_t epoch = 0;
  std::optional<std::uint64_t> index;  // the leaf; none: time passed
  EventState event;                    // of that leaf
  std::uint32_t hours = 0;             // of time that passed
  std::int64_t points_ppm = 0;         // micro-points of trust: what this line changed
  std::uint32_t trust_ppm = 0;         // after it
};

struct Explanation {
  // Events beyond `lines_max` are not listed, the oldest first: how many, and their points.
  std::uint64_t earlier = 0;
  std::int64_t earlier_ppm = 0;
  std::vector<ScoreLine> lines;  // oldest first
  std::uint32_t trust_ppm = 0;   // earlier_ppm and all points_ppm: exactly
  Record record;                 // after the last line
};

// The lines that lead to the class's trust in `epoch`, idle time included. Inside one epoch the
// events stand in the order of the fold (passes, soft failures, proven fraud), and each line's
// points are the trust of the fold up to and with it, less that without it: they telescope, so that
// the sum is the score to the last digit.
Result<Explanation> explain(const View& view, const Digest& provider, std::string_view class_name,
                            const Factors& factors, std::uint64_t epoch, const wire::Policy& policy,
                            std::size_t lines_max);

// The trust that would stand after one more event, in ppm.
struct WhatIf {
  std::uint32_t pass = 0;      // an audit passed, at full weight
  std::uint32_t soft = 0;      // a deadline missed
  std::uint32_t proven = 0;    // a proven wrong result
  std::uint32_t day_idle = 0;  // nothing for 24 hours, uptime as it is
  std::uint32_t outage = 0;    // nothing answered in the current uptime window
};
// severity_ppm: of a wrong result, as the policy has it. window: the current one.
WhatIf what_if(const Record& record, const Factors& factors, std::uint32_t severity_ppm,
               const UptimeHistory& history, std::uint64_t window);

}  // namespace assay::reputation
