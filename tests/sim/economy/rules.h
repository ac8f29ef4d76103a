// What an economy runs by: a policy, and which of the rules around it hold. A control is the same
// without one of them, or with somebody else's: it shows the attack that the rule is there against.
// Values; any thread.
#pragma once

#include <array>
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

// What reputation/ledger takes every audit to meet the cheapest forgery with (rules.h there).
inline constexpr std::uint32_t kAssumedDetectionPpm = 950'000;

// How the audit probability of a job comes about.
enum class Rate { priced, boinc };
// What a wrong result does to its provider.
enum class Conviction { slash, storj };

struct Rules {
  wire::Policy policy;
  reputation::MatchWeights weights;
  // How likely an audit meets the cheapest forgery, by kind of work.
  std::array<std::uint32_t, 2> meets_ppm{kAssumedDetectionPpm, kAssumedDetectionPpm};
  // What a new key burns, to whoever lists it: the value of the jobs that vet it. No part of the
  // ledger, which records bonds and burns none.
  std::uint64_t entry_bond = 0;
  Rate rate = Rate::priced;
  Conviction conviction = Conviction::slash;
  // Evidence.
  bool weighs_passes = true;      // a pass weighs what the job was worth, not 1
  bool caps_renters = true;       // one renter is a fifth of the evidence at most
  bool asks_age = true;           // trust and tiers are capped by the age of the key
  bool counts_timeouts = true;    // a missed deadline is a soft failure
  bool faults_everywhere = true;  // a proven fault counts in every class
  bool measures = true;           // performance comes from hardware rounds, not from a constant
  // Audits.
  bool tops_up = true;       // jobs of the verifier's own, so that evidence does not starve
  bool retro_audits = true;  // who unbonds owes audits at the rate without reputation
  bool hides_draws = true;   // nobody can foresee a draw
  bool confirms = true;      // the scalar definition decides every mismatch
  bool voids = true;         // what a worker said that missed a canary is taken back
  // Penalties.
  bool takes_stake = true;
  bool prices_withholding = true;  // openings withheld to the end cost what a wrong result costs
  bool proves_delivery = true;     // silence counts only once the challenge was delivered
  bool limits_exposure = true;     // unsettled jobs are covered by stake
  bool second_chance = true;       // a slashed key shares the newcomers' floor
};
// Everything, as the service does it.
Rules assay_rules();

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
