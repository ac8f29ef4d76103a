// From the draw to the end of a job, and what comes after.
#include <algorithm>

#include "core/base/check.h"
#include "tests/sim/economy/economy.h"

namespace assay::sim {
namespace {

using reputation::SlashEvent;
using wire::Fault;
using wire::Outcome;

constexpr std::uint64_t kAskedHours = 24;      // three askings, eight hours apart
constexpr std::uint64_t kVanishedHours = 120;  // how long one stays away that was sampled
constexpr std::uint64_t kAppealHours = 6;
constexpr std::uint64_t kDecisionHours = 18;
constexpr std::uint64_t kLateHours = 30;
constexpr std::uint64_t kAttackHours = 30;
constexpr std::int32_t kFramedEveryDays = 5;
constexpr std::int32_t kAttackedEveryDays = 10;

}  // namespace

void Economy::later(std::uint64_t hours, Due due, JobNo job) {
  later_[hour_ + hours].push_back({due, job});
}

void Economy::draw() {
  for (const Drawn& it : book_.draw()) {
    if (it.reason != wire::Reason::first) {
      draw_again(it);
      continue;
    }
    Job& job = jobs_[it.job];
    job.drawn = it;
    Actor& actor = actors_[job.provider];
    actor.expected.emplace_back(hour_, it.p_ppm);
    actor.expected_ppm += it.p_ppm;
    if (job.wrong) count_cheat(actor, job);
    if (!it.audited) {
      settle(it.job);
      continue;
    }
    ++result_.totals.audits;
    switch (job.conduct) {
      case Conduct::late:
      case Conduct::withhold: later(kAskedHours, Due::unavailable, it.job); break;
      case Conduct::vanish:
        // Nobody took delivery: nothing is proven until it comes back, and asks for the challenge.
        actor.offline_until = hour_ + kVanishedHours;
        later(kVanishedHours + kAskedHours, Due::unavailable, it.job);
        break;
      default: audit(it.job); break;
    }
  }
}

// The second coin of a job that its provider's unbonding asked for.
void Economy::draw_again(const Drawn& drawn) {
  if (!drawn.audited) return;
  Job& job = jobs_[drawn.job];
  job.drawn.seed = drawn.seed;
  ++result_.totals.retro_audits;
  set_open(job, true);
  later(1, Due::audit, drawn.job);
}

void Economy::set_open(Job& job, bool open) {
  if (job.open == open) return;
  job.open = open;
  Actor& actor = actors_[job.provider];
  if (open) {
    ++actor.open_jobs;
    actor.unsettled += job.terms.price;
  } else {
    --actor.open_jobs;
    actor.unsettled -= job.terms.price;
  }
}

// It ended well, as far as anybody knows.
void Economy::settle(JobNo number) {
  Job& job = jobs_[number];
  Actor& actor = actors_[job.provider];
  set_open(job, false);
  if (job.settled) return;
  job.settled = true;
  job.settled_hour = hour_;
  // What it orders from itself it pays itself.
  const bool own = job.terms.wanted && !job.terms.top_up;
  if (!own) actor.tally.profit_micros += static_cast<std::int64_t>(job.terms.price);
}

// Whether somebody who means it ill is at this very audit.
bool Economy::is_struck(JobNo number) {
  Job& job = jobs_[number];
  Actor& actor = actors_[job.provider];
  const Plan& plan = plan_of(actor);
  if (day_ < 0 || actor.struck_on == day_) return false;
  if (plan.attacked && day_ % kAttackedEveryDays == 5) {
    // Taken off the net as it is sampled. Nothing was delivered to it: its audit waits.
    actor.struck_on = day_;
    actor.offline_until = hour_ + kAttackHours;
    if (rules_.proves_delivery) {
      later(kAttackHours, Due::audit, number);
    } else {
      later(kAskedHours, Due::unavailable, number);
    }
    return true;
  }
  if (!plan.framed || job.settled || job.acquitted || day_ % kFramedEveryDays != 3) return false;
  actor.struck_on = day_;  // a verdict without ground, by the one who writes them
  book_.verdict(number, Outcome::mismatch, {});
  slash(number, Fault::wrong_result);
  later(kAppealHours, Due::appeal, number);
  return true;
}

void Economy::audit(JobNo number) {
  const Job& job = jobs_[number];
  if (is_struck(number)) return;
  // A word of the seed fell on the coin; the next on whether what is drawn meets the forgery.
  wire::DrawStream stream(job.drawn.seed);
  stream.word();
  const bool met = job.wrong && stream.below(kMillion) < rules_.meets_ppm[job.terms.workload];
  conclude(number, auditor_.replay(met));
  heed_findings();
}

void Economy::conclude(JobNo number, const Replayed& replayed) {
  Job& job = jobs_[number];
  Actor& actor = actors_[job.provider];
  const Outcome outcome = replayed.outcome;
  book_.verdict(number, outcome, replayed.by);
  if (outcome == Outcome::inconclusive) {
    later(1, Due::audit, number);
    return;
  }
  ++result_.totals.verdicts;
  if (outcome == Outcome::match) {
    settle(number);
    return;
  }
  if (job.slashed) return;  // for attesting twice
  if (!job.wrong && job.conduct != Conduct::late) ++actor.tally.false_slashes;
  slash(number, outcome == Outcome::unavailable ? Fault::withheld : Fault::wrong_result);
  if (job.conduct == Conduct::late) later(kLateHours - kAskedHours, Due::decided, number);
  if (plan_of(actor).appeals && job.wrong) later(kAppealHours, Due::appeal, number);
}

void Economy::slash(JobNo number, Fault fault) {
  Job& job = jobs_[number];
  Actor& actor = actors_[job.provider];
  job.slashed = true;
  book_.slash(number, fault);
  ++actor.tally.slashes;
  if (job.wrong || job.conduct == Conduct::equivocate) {
    ++actor.tally.caught;
    if (!actor.caught) {
      actor.caught_on = day_;
      actor.caught_with = actor.tally.profit_micros;
    }
    actor.caught = true;
    if (plan_of(actor).after == After::quit) {
      actor.quit = true;
    } else {
      actor.honest = true;  // under this key, from now on
    }
  }
  job.slashed_hour = hour_;
  if (job.settled) actor.tally.profit_micros -= held_back(job);
  if (job.conduct != Conduct::equivocate) set_open(job, false);
  reputation::SlashCase it;
  it.withheld = fault == Fault::withheld;
  const std::uint32_t severity = fault == Fault::equivocation
                                     ? rules_.policy.severity_equivocation_ppm
                                     : rules_.policy.severity_wrong_ppm;
  const UnixMillis now = start_ + static_cast<std::int64_t>(hour_) * kHourMs;
  it.finality =
      now + static_cast<std::int64_t>(reputation::finality_after_ms(severity, rules_.policy));
  cases_[number] = it;
}

// Of the price of a job that had been paid when it was slashed: what is not paid any more.
std::int64_t Economy::held_back(const Job& job) const {
  const std::uint64_t since_ms =
      static_cast<std::uint64_t>(kHourMs) * (job.slashed_hour - job.settled_hour);
  if (since_ms >= rules_.policy.finality_ms) return 0;
  return static_cast<std::int64_t>(job.terms.price * job.drawn.holdback_ppm / kMillion);
}

// One step of a slash's life; what it does is what slashing.h says of the phase it leads to.
// Whether the slash is reversed.
bool Economy::advance(JobNo number, SlashEvent event) {
  reputation::SlashCase& it = cases_.at(number);
  const UnixMillis now = start_ + static_cast<std::int64_t>(hour_) * kHourMs;
  const Result<reputation::SlashCase> next =
      reputation::advance(it, event, now, reputation::appeal_window_ms(rules_.policy));
  ASSAY_CHECK(next.ok(), next.ok() ? "" : next.error().what);
  it = next.value();
  return reputation::effect_of(it).reversed;
}

// The openings came, or an appeal was decided: by replays of the definition, which see what is
// there.
void Economy::decide(JobNo number) {
  Job& job = jobs_[number];
  const bool delivered = job.conduct == Conduct::late;
  if (!delivered) book_.rule(number, !job.wrong);
  const SlashEvent event = delivered    ? SlashEvent::delivery
                           : !job.wrong ? SlashEvent::granted
                                        : SlashEvent::refuted;
  if (!advance(number, event)) return;
  job.slashed = false;
  job.acquitted = !delivered;
  ++actors_[job.provider].tally.reversed;
  book_.reverse(number, delivered);
  // It is judged like any other.
  set_open(job, true);
  job.conduct = Conduct::honest;
  audit(number);
}

void Economy::due(const Later& it) {
  Job& job = jobs_[it.job];
  Actor& actor = actors_[job.provider];
  switch (it.due) {
    case Due::timeout:
      book_.time_out(it.job, !verifier_alive_);
      set_open(job, false);
      actor.tally.timeouts += verifier_alive_ ? 1 : 0;
      break;
    case Due::unavailable: conclude(it.job, {Outcome::unavailable, {}}); break;
    case Due::appeal:
      if (book_.stake_of(job.provider).free() < job.terms.price) break;  // for the deposit
      book_.appeal(it.job);
      advance(it.job, SlashEvent::appeal);
      later(kDecisionHours, Due::decided, it.job);
      break;
    case Due::decided: decide(it.job); break;
    case Due::audit: audit(it.job); break;
  }
}

// Workers were caught: what they had said since they were last proven is taken back, and audited
// by others in the next hour.
void Economy::heed_findings() {
  for (const JobNo number : heed(auditor_, book_)) {
    set_open(jobs_[number], true);
    later(1, Due::audit, number);
  }
}

}  // namespace assay::sim
