// A provider's bond as the fold of its lines (states.h, StakeLine). Private to reputation/ledger.
#pragma once

#include <map>
#include <span>

#include "reputation/ledger/apply.h"

namespace assay::reputation {

// What a slash or a lost deposit took, and from where.
struct Taken {
  std::uint64_t own_micros = 0;
  std::uint64_t delegated_micros = 0;
  std::uint64_t unbonding_micros = 0;

  std::uint64_t total() const { return own_micros + delegated_micros + unbonding_micros; }
  bool operator==(const Taken&) const = default;
};

// One line more. Of the row everything but `locked_micros` and `retro_open` follows from the lines:
// those stay.
Taken apply_line(StakeState& row, const StakeLine& line);

struct LoggedLine {
  std::uint64_t leaf = 0;
  StakeLine line;
};
Status put_stake_line(WriteTxn& txn, const Digest& provider, const LoggedLine& logged);

// Takes the line of leaf `slash` back and folds again whatever was folded with it: the bond, what
// later slashes took, and K of the days that have ended since. Without that slash its job had gone
// on, and what it had locked had been spared. Days must be closed up to now, `days_below` says so
// for the provider.
Status take_back_stake_line(WriteTxn& txn, std::uint64_t slash, const SlashState& row,
                            std::uint64_t days_below, const wire::Policy& policy);

}  // namespace assay::reputation
