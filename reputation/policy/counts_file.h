// Counted histories as a text that anybody can write, and what the fold makes of them: the way to
// check a score without a ledger. Pure; any thread.
//
//   hours,soft,pass,proven
//   0,0,300,0
//   24,1,2,0
//
// CSV (RFC 4180 without quotes), LF or CRLF, one line per epoch with events. `hours` since the
// epoch before, `soft` failures, `pass` in whole units of weight, `proven` faults. Columns may
// stand in any order. Three more may be there: `severity_ppm` (over all proven of the line;
// 1,000,000 each where it is not there), `equivocations` (how many of the proven), and `history`, a
// name of at most 64 characters without commas: a line whose name differs from the line before
// starts from nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "reputation/policy/fold.h"

namespace assay::reputation {

inline constexpr std::size_t kCountsLinesMax = 2'000'000;
inline constexpr std::uint32_t kCountMax = 1'000'000;  // of one kind in one line
inline constexpr std::uint32_t kCountsHoursMax = 1'000'000;

struct CountedLine {
  std::string history;  // empty without that column
  std::uint32_t hours = 0;
  EpochCounts counts;
};

//   malformed    a column missing, unknown or there twice; a cell that is not a number in its
//   range;
//                more lines than kCountsLinesMax. The message names line and column
Result<std::vector<CountedLine>> parse_counts(std::string_view text);

struct Components {
  Q30 uptime = kOne, performance = kOne, stake = kOne;
};

// Where a history stands after one line, in millionths.
struct FoldedLine {
  std::uint64_t hours = 0;  // since the history's first line
  std::uint64_t r_ppm = 0, s_ppm = 0;
  std::uint32_t integrity_ppm = 0;
  std::uint32_t trust_ppm = 0;
  bool tombstoned = false;
};

// One result per line, in order.
std::vector<FoldedLine> fold_counts(const std::vector<CountedLine>& lines,
                                    const Components& components);

}  // namespace assay::reputation
