// What a fault costs, how long it may be contested, and the life of a slash. Pure; any thread;
// integers only. Source: reputation policy v1, "Slash S" and "Slash life cycle".
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/wire/policy.h"
#include "reputation/policy/fixed.h"

namespace assay::reputation {

enum class Offence : std::uint8_t {
  lease_downtime,  // per hour; see downtime_severity_ppm()
  contract_break,  // an accepted job dropped
  isolated_fault,  // one element wrong, no pattern: memory, most likely
  class_spoof,     // another card than claimed
  proven_wrong,    // a replayable proof of a wrong result
  withheld,        // openings not delivered to the end
  equivocation,    // two attestations for one job
};
const char* offence_name(Offence offence);  // "lease downtime", …

// In ppm: .05, .1, .1, .25, 1.0, 1.0, 2.0. The last three are the policy document's, by whose
// numbers the demo runs too; the others are of policy v1.
std::uint32_t severity_ppm(Offence offence, const wire::Policy& policy);

// Downtime of a lease: so much per hour, at most .5 in one day, of which `today_ppm` was counted.
std::uint32_t downtime_severity_ppm(std::uint32_t hours, std::uint32_t today_ppm);

// A severity as it weighs after that time: it halves in 180 d. Truncated, by whole hours.
std::uint32_t decayed_severity_ppm(std::uint32_t severity_ppm, std::uint32_t hours);

// What is taken, in micros. Below and at severity 1: that share of min(locked, k * price). Above,
// which only equivocation is: min(locked, k * price) and all stake that is free.
struct SlashBasis {
  std::uint64_t locked = 0;  // to the job
  std::uint64_t free = 0;    // bonded to nothing
  std::uint64_t price = 0;
  std::uint32_t stake_factor = 0;  // k of the tier at the time of the job
};
std::uint64_t slash_amount(std::uint32_t severity_ppm, const SlashBasis& basis);
bool takes_everything(std::uint32_t severity_ppm);  // all that is free besides

// How long a slash stays PENDING, from its leaf: the policy's finality at severity .5 or more
// (14 d), 72 h below, or the policy's where that is shorter.
std::uint64_t finality_after_ms(std::uint32_t severity_ppm, const wire::Policy& policy);

// The life of a slash:
//
//   PENDING    from its leaf on: told to the provider, stake locked, counted in the score
//   APPEALED   the same, with an appeal to be decided; finality waits for it
//   UPHELD     final: no appeal in time, or an appeal that was refuted
//   OVERTURNED reversed: an appeal was granted, or withheld openings came before finality
//   DRAWN      reversed: what was decided again came out neither way
//   EXPIRED    reversed: an appeal that nobody decided in its time, which is the verifier's fault
//
// Of UPHELD, OVERTURNED, DRAWN and EXPIRED none is ever left.
enum class SlashPhase : std::uint8_t { pending, appealed, upheld, overturned, drawn, expired };
const char* slash_phase_name(SlashPhase phase);  // "PENDING", …

enum class SlashEvent : std::uint8_t {
  appeal,       // by the provider, with its deposit
  delivery,     // the withheld openings are there and in order
  granted,      // the appeal's replays or dispute: no fault
  refuted,      // … the fault again
  undecided,    // … neither
  time_passes,  // nothing but time
};

struct SlashCase {
  SlashPhase phase = SlashPhase::pending;
  bool withheld = false;    // only then does delivery help
  bool appealed = false;    // one appeal per slash
  UnixMillis finality;      // PENDING until then; its last instant is still in time
  UnixMillis decide_until;  // APPEALED until then; meaningless before
  bool operator==(const SlashCase&) const = default;
};

// The case after one event. Time works first: what its deadline has ended cannot be appealed.
// `appeal_ms` is what the verifier has to decide an appeal.
//   conflict     the event means nothing in the case's phase at that time
Result<SlashCase> advance(SlashCase slash, SlashEvent event, UnixMillis now,
                          std::uint64_t appeal_ms);

// What a phase means for whom. One cause, one penalty; a reversal restores all of it.
enum class StakeFate : std::uint8_t { locked, taken, released };
enum class DepositFate : std::uint8_t { none, held, lost, returned };
struct SlashEffect {
  bool counts = false;    // in the score; false: the event is reversed
  bool reversed = false;  // a reversal leaf is owed
  StakeFate stake = StakeFate::locked;
  DepositFate deposit = DepositFate::none;
  bool operator==(const SlashEffect&) const = default;
};
SlashEffect effect_of(const SlashCase& slash);

// What whoever paid for the audit that found it gets of what a slash took: a quarter, rounded down.
std::uint64_t bounty_micros(std::uint64_t taken);

// An appeal's deposit: a tenth of the amount at stake, rounded up.
std::uint64_t appeal_deposit(std::uint64_t amount);

// How long the verifier has to decide an appeal, from its leaf: a draw over it, all askings that an
// audit may have, and a replay that takes as long as a job may.
std::uint64_t appeal_window_ms(const wire::Policy& policy);

// So many independent replays decide an appeal against what an audit replayed.
inline constexpr std::size_t kAppealReplays = 5;

}  // namespace assay::reputation
