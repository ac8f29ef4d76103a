// The score: an integer fold over counted events. Pure; any thread; the same on every machine.
// Q30 fixed point ("one" = 2^30), 128-bit products, truncation. No floats, no libm.
// Source: reputation policy v1; goldens in vectors/fold/ (ppm-exact).
//
// Within an epoch events are counted, then applied in the order time decay, passes, soft failures,
// proven fraud: a burst of passes cannot mask a failure of the same epoch, and the order of events
// inside an epoch does not matter.
#pragma once

#include <cstdint>
#include <optional>

#include "reputation/policy/fixed.h"

namespace assay::reputation {

Q30 q30_from_ppm(std::uint32_t ppm);    // to the nearest
std::uint32_t ppm_from_q30(Q30 value);  // truncated; value below 4,294 ones

// What happened to one provider in one class in one epoch.
struct EpochCounts {
  std::uint32_t passes = 0;         // whole units of weight
  std::uint32_t soft = 0;           // soft failures
  std::uint32_t proven = 0;         // proven frauds, withheld openings, equivocations
  std::uint64_t severity_ppm = 0;   // sum over `proven`
  std::uint32_t equivocations = 0;  // how many of `proven`; one is a tombstone
  bool operator==(const EpochCounts&) const = default;
};

// The running state of one provider in one class.
struct Record {
  Q30 r = 0, s = 0;    // slow evidence for and against
  Q30 fr = 0, fs = 0;  // fast
  Q30 slash = 0;       // decaying severity sum
  std::uint32_t proven = 0;
  std::uint64_t hours = 0;                   // absolute hours since the first event
  std::optional<std::uint64_t> last_proven;  // `hours` of the last proven fraud
  bool tombstoned = false;                   // two proven within 365 d, or one equivocation
  bool operator==(const Record&) const = default;
};

// The record as it stands `hours` later if nothing happens: evidence for halves in 90 d, against
// and slash in 180 d. For showing an idle record; a stored one decays in fold_epoch only.
Record decayed(Record record, std::uint32_t hours);

// Folds one epoch. hours_since_last: absolute hour indices between epochs with events, 0 for the
// first. One more proven fraud is one more Record::proven; equivocations count within `proven`.
Record fold_epoch(Record record, const EpochCounts& counts, std::uint32_t hours_since_last);

Q30 integrity(const Record& record);     // I
Q30 slash_factor(const Record& record);  // S
Q30 uncertainty(const Record& record);   // u = 2 / (r + s + 2)

// T = S * I * U * P * K^0.15; 0 for ever once tombstoned.
Q30 trust(const Record& record, Q30 uptime, Q30 performance, Q30 stake);

// Wilson lower bound, z = 1.645: successes and trials in Q30 counts.
Q30 wilson_lower_bound(Q30 successes, Q30 trials);

}  // namespace assay::reputation
