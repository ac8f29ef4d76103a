#include "reputation/policy/slashing.h"

#include <array>

#include "tests/catch.h"

namespace assay::reputation {
namespace {

constexpr UnixMillis kFinality{1000};
constexpr UnixMillis kDecideUntil{3000};
constexpr std::uint64_t kAppealMs = 2000;

constexpr std::array kPhases{SlashPhase::pending,    SlashPhase::appealed, SlashPhase::upheld,
                             SlashPhase::overturned, SlashPhase::drawn,    SlashPhase::expired};
constexpr std::array kEvents{SlashEvent::appeal,  SlashEvent::delivery,  SlashEvent::granted,
                             SlashEvent::refuted, SlashEvent::undecided, SlashEvent::time_passes};

SlashCase in_phase(SlashPhase phase, bool withheld) {
  return {.phase = phase,
          .withheld = withheld,
          .appealed = phase == SlashPhase::appealed,
          .finality = kFinality,
          .decide_until = kDecideUntil};
}

// What a case becomes: a letter per event in the order of kEvents. '-' is refused.
// P pending, A appealed, U upheld, O overturned, D drawn, E expired.
std::string becomes(SlashPhase phase, bool withheld, UnixMillis now) {
  std::string out;
  for (const SlashEvent event : kEvents) {
    const Result<SlashCase> after = advance(in_phase(phase, withheld), event, now, kAppealMs);
    if (!after.ok()) {
      CHECK(after.error().code == Code::conflict);
      CHECK(after.error().what.find("the slash is ") == 0);
    }
    out += after.ok() ? slash_phase_name(after.value().phase)[0] : '-';
  }
  return out;
}

struct Line {
  SlashPhase phase;
  const char* wrong;     // for a wrong result: appeal delivery granted refuted undecided time
  const char* withheld;  // for withheld openings
};

void check_lines(UnixMillis now, const std::array<Line, 6>& lines) {
  for (const Line& line : lines) {
    INFO(slash_phase_name(line.phase) << " at " << now.ms);
    CHECK(becomes(line.phase, false, now) == line.wrong);
    CHECK(becomes(line.phase, true, now) == line.withheld);
  }
}

}  // namespace

TEST_CASE("every event in every phase, before and at finality") {
  for (const UnixMillis now : {UnixMillis{1}, kFinality}) {
    check_lines(now, {{{SlashPhase::pending, "A----P", "AO---P"},
                       {SlashPhase::appealed, "--OUDA", "-OOUDA"},
                       {SlashPhase::upheld, "-----U", "-----U"},
                       {SlashPhase::overturned, "-----O", "-----O"},
                       {SlashPhase::drawn, "-----D", "-----D"},
                       {SlashPhase::expired, "-----E", "-----E"}}});
  }
}

TEST_CASE("every event in every phase, after finality while an appeal may still be decided") {
  for (const UnixMillis now : {kFinality + 1, kDecideUntil}) {
    check_lines(now, {{{SlashPhase::pending, "-----U", "-----U"},
                       {SlashPhase::appealed, "--OUDA", "--OUDA"},
                       {SlashPhase::upheld, "-----U", "-----U"},
                       {SlashPhase::overturned, "-----O", "-----O"},
                       {SlashPhase::drawn, "-----D", "-----D"},
                       {SlashPhase::expired, "-----E", "-----E"}}});
  }
}

TEST_CASE("every event in every phase, when nobody decided an appeal in time") {
  check_lines(kDecideUntil + 1, {{{SlashPhase::pending, "-----U", "-----U"},
                                  {SlashPhase::appealed, "-----E", "-----E"},
                                  {SlashPhase::upheld, "-----U", "-----U"},
                                  {SlashPhase::overturned, "-----O", "-----O"},
                                  {SlashPhase::drawn, "-----D", "-----D"},
                                  {SlashPhase::expired, "-----E", "-----E"}}});
}

TEST_CASE("an appeal sets the time to decide it, and a phase the fate of stake and deposit") {
  const Result<SlashCase> appealed =
      advance(in_phase(SlashPhase::pending, false), SlashEvent::appeal, UnixMillis{500}, kAppealMs);
  REQUIRE(appealed.ok());
  CHECK(appealed.value().decide_until == UnixMillis{2500});
  CHECK(appealed.value().appealed);

  struct Case {
    SlashPhase phase;
    SlashEffect effect;  // with an appeal
  };
  const Case cases[] = {
      {SlashPhase::pending, {true, false, StakeFate::locked, DepositFate::held}},
      {SlashPhase::appealed, {true, false, StakeFate::locked, DepositFate::held}},
      {SlashPhase::upheld, {true, false, StakeFate::taken, DepositFate::lost}},
      {SlashPhase::overturned, {false, true, StakeFate::released, DepositFate::returned}},
      {SlashPhase::drawn, {false, true, StakeFate::released, DepositFate::returned}},
      {SlashPhase::expired, {false, true, StakeFate::released, DepositFate::returned}}};
  static_assert(std::size(cases) == kPhases.size());
  for (const Case& it : cases) {
    SlashCase slash = in_phase(it.phase, false);
    slash.appealed = true;
    CHECK(effect_of(slash) == it.effect);
    slash.appealed = false;
    SlashEffect without = it.effect;
    without.deposit = DepositFate::none;
    CHECK(effect_of(slash) == without);
  }
}

TEST_CASE("severities are those of the policy") {
  const wire::Policy policy;
  struct Case {
    Offence offence;
    std::uint32_t severity;
  };
  constexpr Case kCases[] = {{Offence::lease_downtime, 50'000},  {Offence::contract_break, 100'000},
                             {Offence::isolated_fault, 100'000}, {Offence::class_spoof, 250'000},
                             {Offence::proven_wrong, 1'000'000}, {Offence::withheld, 1'000'000},
                             {Offence::equivocation, 2'000'000}};
  for (const Case& it : kCases) {
    INFO(offence_name(it.offence));
    CHECK(severity_ppm(it.offence, policy) == it.severity);
  }
  wire::Policy other;
  other.severity_withheld_ppm = 7;
  CHECK(severity_ppm(Offence::withheld, other) == 7);
}

TEST_CASE("downtime adds up to half a severity in a day") {
  CHECK(downtime_severity_ppm(0, 0) == 0);
  CHECK(downtime_severity_ppm(3, 0) == 150'000);
  CHECK(downtime_severity_ppm(10, 0) == 500'000);
  CHECK(downtime_severity_ppm(24, 0) == 500'000);
  CHECK(downtime_severity_ppm(3, 400'000) == 100'000);
  CHECK(downtime_severity_ppm(3, 500'000) == 0);
  CHECK(downtime_severity_ppm(0xffff'ffff, 700'000) == 0);
}

TEST_CASE("a severity halves in 180 days") {
  CHECK(decayed_severity_ppm(1'000'000, 0) == 1'000'000);
  // An hour's factor is truncated; 4,320 hours of it show.
  CHECK(decayed_severity_ppm(1'000'000, 180 * 24) == 499'962);
  CHECK(decayed_severity_ppm(1'000'000, 365 * 24) < 250'000);
  CHECK(decayed_severity_ppm(2'000'000, 90 * 24) > decayed_severity_ppm(2'000'000, 91 * 24));
}

TEST_CASE("amounts: a share of what the job locked, and all that is free for equivocation") {
  struct Case {
    std::uint32_t severity;
    SlashBasis basis;
    std::uint64_t amount;
  };
  constexpr Case kCases[] = {
      {1'000'000, {.locked = 60, .free = 1000, .price = 10, .stake_factor = 6}, 60},
      {1'000'000, {.locked = 100, .free = 1000, .price = 10, .stake_factor = 6}, 60},
      {1'000'000, {.locked = 40, .free = 1000, .price = 10, .stake_factor = 6}, 40},
      {100'000, {.locked = 60, .free = 1000, .price = 10, .stake_factor = 6}, 6},
      {250'000, {.locked = 50, .free = 1000, .price = 10, .stake_factor = 6}, 12},
      {0, {.locked = 60, .free = 1000, .price = 10, .stake_factor = 6}, 0},
      {2'000'000, {.locked = 60, .free = 1000, .price = 10, .stake_factor = 6}, 1060},
      {2'000'000, {.locked = ~0ULL, .free = ~0ULL, .price = ~0ULL, .stake_factor = 10}, ~0ULL}};
  for (const Case& it : kCases) CHECK(slash_amount(it.severity, it.basis) == it.amount);
}

TEST_CASE("finality is long for what is grave, and never longer than the policy's") {
  constexpr std::uint64_t kHour = 3'600'000;
  const wire::Policy policy;
  CHECK(finality_after_ms(1'000'000, policy) == 14 * 24 * kHour);
  CHECK(finality_after_ms(500'000, policy) == 14 * 24 * kHour);
  CHECK(finality_after_ms(499'999, policy) == 72 * kHour);
  CHECK(finality_after_ms(100'000, wire::demo_policy()) == wire::demo_policy().finality_ms);
}

TEST_CASE("an appeal may take a draw, every asking of an audit, and a job's time") {
  wire::Policy policy;
  policy.reveal_window_ms = 1;
  policy.draw_deadline_ms = 20;
  policy.opening_deadline_ms = 300;
  policy.ask_again_after_ms = 4'000;
  policy.openings_asked_max = 2;
  policy.job_deadline_max_ms = 50'000;
  CHECK(appeal_window_ms(policy) == 1 + 20 + 2 * 4'320 + 50'000);
  policy.reveal_window_ms = policy.draw_deadline_ms = policy.opening_deadline_ms = 86'400'000;
  policy.ask_again_after_ms = 604'800'000;
  policy.openings_asked_max = 100;
  policy.job_deadline_max_ms = 31'536'000'000;
  CHECK(appeal_window_ms(policy) == 2 * 86'400'000ULL + 100 * 777'600'000ULL + 31'536'000'000ULL);
}

TEST_CASE("an appeal's deposit is a tenth, rounded up") {
  CHECK(appeal_deposit(0) == 0);
  CHECK(appeal_deposit(1) == 1);
  CHECK(appeal_deposit(10) == 1);
  CHECK(appeal_deposit(11) == 2);
  CHECK(appeal_deposit(~0ULL) == ~0ULL / 10 + 1);
}

}  // namespace assay::reputation
