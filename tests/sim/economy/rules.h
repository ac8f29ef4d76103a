// What an economy runs by: a policy, and which of the rules around it hold. A control is the same
// without one of them, or with somebody else's: it shows the attack that the rule is there against.
// Values; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/policy.h"
#include "reputation/policy/matching.h"

namespace assay::sim {

inline constexpr std::uint64_t kDollar = 1'000'000;  // micros
// The design's job: what renters pay, and what doing it honestly costs.
inline constexpr std::uint64_t kPrice = 10 * kDollar;
inline constexpr std::uint64_t kHonestCost = 6 * kDollar;
inline constexpr std::uint64_t kMargin = kPrice - kHonestCost;
inline constexpr std::uint32_t kMillion = 1'000'000;
inline constexpr std::uint32_t kHoursPerDay = 24;
inline constexpr std::int64_t kHourMs = 3'600'000;
inline constexpr std::int64_t kDayMs = kHoursPerDay * kHourMs;

// How the audit probability of a job comes about.
enum class Rate { priced, boinc };
// What a wrong result does to its provider.
enum class Conviction { slash, storj };

struct Rules {
  wire::Policy policy;
  reputation::MatchWeights weights;
  std::uint64_t entry_bond = 0;  // what a new key burns
  Rate rate = Rate::priced;
  Conviction conviction = Conviction::slash;

  // Evidence.
  bool weighs_passes = true;   // a pass weighs min(price, metered work), not 1
  bool caps_renters = true;    // one renter is a fifth of the evidence at most
  bool counts_matched = true;  // promotion counts jobs that the matcher drew, and canaries, alone
  bool caps_by_age = true;
  bool counts_timeouts = true;    // a missed deadline is a soft failure
  bool faults_everywhere = true;  // a proven fault counts in every class
  bool measures = true;           // performance comes from hardware rounds, not from a constant
  // Audits.
  bool prices_detection = true;  // p asks how likely an audit meets the plan's cheapest forgery
  bool tops_up = true;           // canaries, so that evidence does not starve
  bool retro_audits = true;      // who unbonds owes audits at the rate without reputation
  bool hides_draws = true;       // nobody can foresee a draw
  bool confirms = true;          // the scalar definition decides every mismatch
  // Penalties.
  bool takes_stake = true;
  bool prices_withholding = true;  // openings withheld to the end cost what a wrong result costs
  bool proves_delivery = true;     // silence counts only once the challenge was delivered
  bool limits_exposure = true;     // unsettled jobs are covered by stake
  bool second_chance = true;       // a slashed key shares the newcomers' floor
};

// Everything.
Rules assay_rules();
// What reputation/ledger applies to the leaves of a log by itself.
Rules ledger_rules();

struct Control {
  std::string_view name;
  std::string_view what;  // what is changed
  std::string_view row;   // the row that fails by it
  void (*change)(Rules&);
};
std::span<const Control> controls();
// The kinds of providers that show it: its row's, and those that the row is compared with.
std::vector<std::string> kinds_for(const Control& control);
const Control* find_control(std::string_view name);

}  // namespace assay::sim
