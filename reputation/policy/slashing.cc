#include "reputation/policy/slashing.h"

#include <algorithm>
#include <limits>

#include "reputation/policy/fold.h"

namespace assay::reputation {
namespace {

constexpr std::uint32_t kMillion = 1'000'000;
constexpr std::uint32_t kDowntimeHour = 50'000;
constexpr std::uint32_t kDowntimeDayMax = 500'000;
constexpr std::uint32_t kContractBreak = 100'000;
constexpr std::uint32_t kIsolatedFault = 100'000;
constexpr std::uint32_t kClassSpoof = 250'000;
constexpr std::uint32_t kHeavy = 500'000;  // from here on the long finality
constexpr std::uint64_t kLightFinalityMs = 72ull * 3'600'000;
constexpr std::uint64_t kDepositShare = 10;

std::uint64_t clamp64(Wide value) {
  return static_cast<std::uint64_t>(
      std::min<Wide>(value, std::numeric_limits<std::uint64_t>::max()));
}

bool is_open(SlashPhase phase) {
  return phase == SlashPhase::pending || phase == SlashPhase::appealed;
}

SlashCase by_time(SlashCase slash, UnixMillis now) {
  if (slash.phase == SlashPhase::pending && now > slash.finality) slash.phase = SlashPhase::upheld;
  if (slash.phase == SlashPhase::appealed && now > slash.decide_until) {
    slash.phase = SlashPhase::expired;
  }
  return slash;
}

Error refuse(const SlashCase& slash, const char* what) {
  return fail(Code::conflict,
              std::string("the slash is ") + slash_phase_name(slash.phase) + ": " + what);
}

// A phase that an appeal's decision leads to.
Result<SlashCase> decide(SlashCase slash, SlashPhase to) {
  if (slash.phase != SlashPhase::appealed) return refuse(slash, "there is no appeal to decide");
  slash.phase = to;
  return slash;
}

}  // namespace

const char* offence_name(Offence offence) {
  switch (offence) {
    case Offence::lease_downtime: return "lease downtime";
    case Offence::contract_break: return "contract break";
    case Offence::isolated_fault: return "isolated fault";
    case Offence::class_spoof: return "class spoof";
    case Offence::proven_wrong: return "proven wrong";
    case Offence::withheld: return "withheld openings";
    case Offence::equivocation: return "equivocation";
  }
  return "";
}

std::uint32_t severity_ppm(Offence offence, const wire::Policy& policy) {
  switch (offence) {
    case Offence::lease_downtime: return kDowntimeHour;
    case Offence::contract_break: return kContractBreak;
    case Offence::isolated_fault: return kIsolatedFault;
    case Offence::class_spoof: return kClassSpoof;
    case Offence::proven_wrong: return policy.severity_wrong_ppm;
    case Offence::withheld: return policy.severity_withheld_ppm;
    case Offence::equivocation: return policy.severity_equivocation_ppm;
  }
  return 0;
}

std::uint32_t downtime_severity_ppm(std::uint32_t hours, std::uint32_t today_ppm) {
  const std::uint64_t left = kDowntimeDayMax - std::min(today_ppm, kDowntimeDayMax);
  return static_cast<std::uint32_t>(std::min(std::uint64_t{hours} * kDowntimeHour, left));
}

std::uint32_t decayed_severity_ppm(std::uint32_t severity_ppm, std::uint32_t hours) {
  Record record;
  record.slash = q30_from_ppm(severity_ppm);
  return ppm_from_q30(decayed(record, hours).slash);
}

bool takes_everything(std::uint32_t severity_ppm) {
  return severity_ppm > kMillion;
}

std::uint64_t slash_amount(std::uint32_t severity_ppm, const SlashBasis& basis) {
  const Wide whole = std::min<Wide>(basis.locked, Wide{basis.price} * basis.stake_factor);
  if (takes_everything(severity_ppm)) return clamp64(whole + basis.free);
  return clamp64(whole * severity_ppm / kMillion);
}

std::uint64_t finality_after_ms(std::uint32_t severity_ppm, const wire::Policy& policy) {
  return severity_ppm >= kHeavy ? policy.finality_ms
                                : std::min(policy.finality_ms, kLightFinalityMs);
}

const char* slash_phase_name(SlashPhase phase) {
  switch (phase) {
    case SlashPhase::pending: return "PENDING";
    case SlashPhase::appealed: return "APPEALED";
    case SlashPhase::upheld: return "UPHELD";
    case SlashPhase::overturned: return "OVERTURNED";
    case SlashPhase::drawn: return "DRAWN";
    case SlashPhase::expired: return "EXPIRED";
  }
  return "";
}

Result<SlashCase> advance(SlashCase slash, SlashEvent event, UnixMillis now,
                          std::uint64_t appeal_ms) {
  slash = by_time(slash, now);
  switch (event) {
    case SlashEvent::appeal:
      if (slash.phase != SlashPhase::pending) return refuse(slash, "it cannot be appealed");
      slash.phase = SlashPhase::appealed;
      slash.appealed = true;
      slash.decide_until = now + static_cast<std::int64_t>(appeal_ms);
      return slash;
    case SlashEvent::delivery:
      if (!slash.withheld) return refuse(slash, "it is not about openings that were withheld");
      // Whatever an appeal may say: delivery is what was asked for, until finality.
      if (!is_open(slash.phase) || now > slash.finality) {
        return refuse(slash, "the openings came too late");
      }
      slash.phase = SlashPhase::overturned;
      return slash;
    case SlashEvent::granted: return decide(slash, SlashPhase::overturned);
    case SlashEvent::refuted: return decide(slash, SlashPhase::upheld);
    case SlashEvent::undecided: return decide(slash, SlashPhase::drawn);
    case SlashEvent::time_passes: return slash;
  }
  return refuse(slash, "an event that does not exist");
}

SlashEffect effect_of(const SlashCase& slash) {
  const auto deposit = [&](DepositFate fate) { return slash.appealed ? fate : DepositFate::none; };
  switch (slash.phase) {
    case SlashPhase::pending:
    case SlashPhase::appealed: return {true, false, StakeFate::locked, deposit(DepositFate::held)};
    case SlashPhase::upheld: return {true, false, StakeFate::taken, deposit(DepositFate::lost)};
    case SlashPhase::overturned:
    case SlashPhase::drawn:
    case SlashPhase::expired: break;
  }
  return {false, true, StakeFate::released, deposit(DepositFate::returned)};
}

std::uint64_t bounty_micros(std::uint64_t taken) {
  return taken / 4;
}

std::uint64_t appeal_deposit(std::uint64_t amount) {
  return amount / kDepositShare + (amount % kDepositShare != 0 ? 1 : 0);
}

std::uint64_t appeal_window_ms(const wire::Policy& policy) {
  const std::uint64_t asking = std::uint64_t{policy.opening_deadline_ms} +
                               policy.ask_again_after_ms + policy.draw_deadline_ms;
  return std::uint64_t{policy.reveal_window_ms} + policy.draw_deadline_ms +
         asking * policy.openings_asked_max + policy.job_deadline_max_ms;
}

}  // namespace assay::reputation
