#include "tests/sim/economy/fast_book.h"

#include <algorithm>

#include "core/base/check.h"
#include "reputation/policy/canaries.h"
#include "reputation/policy/pass_weight.h"
#include "reputation/policy/retro.h"
#include "reputation/policy/slashing.h"

namespace assay::sim {
namespace {

using reputation::EventKind;
using reputation::StakeState;
using wire::Fault;
using wire::Outcome;

// What reputation/ledger takes every plan to be (rules_jobs.cc).
constexpr std::uint32_t kAssumedDetectionPpm = 950'000;
// Storj's audit score: alpha and beta forget by lambda, and a node below the threshold is
// disqualified. (storj.io/blog "reputation scoring", satellite defaults of 2019.)
constexpr std::uint64_t kStorjLambdaPercent = 95;
constexpr std::uint64_t kStorjThresholdPercent = 60;

std::uint64_t take_from(std::uint64_t& part, std::uint64_t& wanted) {
  const std::uint64_t taken = std::min(part, wanted);
  part -= taken;
  wanted -= taken;
  return taken;
}

void release_unbonded(StakeState& row, UnixMillis now) {
  std::erase_if(row.unbonding, [now](const auto& part) { return part.released <= now; });
}

std::uint64_t unbonding_of(const StakeState& row) {
  std::uint64_t sum = 0;
  for (const auto& part : row.unbonding) sum += part.amount_micros;
  return sum;
}

}  // namespace

FastBook::FastBook(Rules rules, UnixMillis start, std::uint64_t seed)
    : rules_(std::move(rules)),
      now_(start),
      epoch_(reputation::epoch_of(start, rules_.policy)),
      day_(reputation::day_of(start)),
      random_(seed),
      coming_(next_output()) {
  ASSAY_CHECK(rules_.policy.uptime_window_seconds * 1000 == kHourMs &&
                  rules_.policy.epoch_seconds * 1000 == kHourMs,
              "an economy lives by the hour");
}

void FastBook::at(UnixMillis now) {
  ASSAY_CHECK(now >= now_ && now - now_ <= kHourMs, "time moves on, by an hour at most");
  now_ = now;
  epoch_ = reputation::epoch_of(now, rules_.policy);
  const std::uint64_t window = epoch_;
  const bool new_day = reputation::day_of(now) != day_;
  day_ = reputation::day_of(now);
  for (Member& member : members_) {
    member.uptime.advance(window);
    if (!new_day) continue;
    close_day(member);
    member.canaries =
        rules_.tops_up ? reputation::canaries_owed(member.attested_today, member.audited_today) : 0;
    member.attested_today = member.audited_today = 0;
    while (!member.passed_over.empty() &&
           now - jobs_[member.passed_over.front()].attested >
               static_cast<std::int64_t>(rules_.policy.retention_ms)) {
      member.passed_over.pop_front();
    }
  }
}

void FastBook::join(ProviderNo provider) {
  ASSAY_CHECK(provider == members_.size(), "providers are numbered as they join");
  members_.push_back(Member{.since_day = day_,
                            .classes = {},
                            .faults = {},
                            .uptime = UptimeTrack(epoch_),
                            .stake = {},
                            .days = {},
                            .performance = {},
                            .passed_over = {}});
}

void FastBook::stake(ProviderNo provider, wire::StakeMove move, std::uint64_t micros) {
  StakeState& row = members_.at(provider).stake;
  release_unbonded(row, now_);
  if (move == wire::StakeMove::bond) {
    row.own_micros += micros;
    return;
  }
  ASSAY_CHECK(move == wire::StakeMove::unbond && micros <= row.own_micros && micros <= row.free(),
              "only what is free can be unbonded");
  row.own_micros -= micros;
  row.unbonding.push_back({micros, now_ + static_cast<std::int64_t>(rules_.policy.unbonding_ms)});
}

void FastBook::order(JobNo job, const JobTerms& terms) {
  ASSAY_CHECK(job == jobs_.size(), "jobs are numbered as they are ordered");
  jobs_.emplace_back().terms = terms;
}

void FastBook::accept(JobNo number, ProviderNo provider) {
  JobRow& job = jobs_.at(number);
  Member& member = members_.at(provider);
  job.provider = provider;
  // A class without a row is one without events; its faults may still have made a tier of it.
  const auto found = member.classes.find(job.terms.workload);
  job.tier = found == member.classes.end() ? Tier::entry : tier_now(member, found->second);
  job.stake_factor = reputation::tier_rule(job.tier).stake_factor;
  job.holdback_ppm = reputation::tier_rule(job.tier).holdback_ppm;
  lock(member, job);
}

void FastBook::lock(Member& member, JobRow& job) {
  job.locked = std::min(member.stake.free(), job.stake_factor * job.terms.price);
  member.stake.locked_micros += job.locked;
}

void FastBook::release(Member& member, JobRow& job) {
  member.stake.locked_micros -= std::min(member.stake.locked_micros, job.locked);
  job.locked = 0;
}

// It ended well: the stake is free and the price is income; once.
void FastBook::settle(Member& member, JobRow& job) {
  release(member, job);
  if (job.paid) return;
  job.paid = true;
  member.income += job.terms.price;
}

std::uint64_t FastBook::income_of(const Member& member, std::uint64_t days) const {
  std::uint64_t sum = 0;
  for (std::size_t i = member.days.size(); i > 0 && days > 0; --i, --days) {
    sum += member.days[i - 1].state.income_micros;
  }
  return sum;
}

std::uint32_t FastBook::rate_of(Member& member, ClassRow& row, const JobRow& job) {
  if (job.terms.canary) return kMillion;
  if (rules_.rate == Rate::boinc) {
    return static_cast<std::uint32_t>(kMillion / std::max<std::uint64_t>(row.valid_in_a_row, 1));
  }
  const Tier tier = tier_now(member, row);
  reputation::Stakes stakes;
  stakes.price = job.terms.price;
  stakes.locked = job.locked;
  stakes.rent = reputation::conservative_rent(income_of(member, 7), income_of(member, 30), tier);
  stakes.detection_ppm =
      rules_.prices_detection ? kWorkloads[job.terms.workload].detection_ppm : kAssumedDetectionPpm;
  const reputation::ClassState& state = row.fold.state;
  return reputation::audit_rate_ppm(
      {.attested = state.attested, .careful_jobs = state.careful_jobs, .tier = tier}, stakes,
      rules_.policy);
}

void FastBook::attest(JobNo number) {
  JobRow& job = jobs_.at(number);
  Member& member = members_.at(job.provider);
  ClassRow& row = row_of(member, job.terms.workload);
  job.p_ppm = rate_of(member, row, job);
  job.attested = now_;
  ++row.fold.state.attested;
  if (row.fold.state.careful_jobs > 0) --row.fold.state.careful_jobs;
  ++member.attested_today;
  undrawn_.push_back(number);
}

void FastBook::time_out(JobNo number, bool verifier_at_fault) {
  JobRow& job = jobs_.at(number);
  Member& member = members_.at(job.provider);
  release(member, job);
  if (verifier_at_fault || !rules_.counts_timeouts) return;
  ClassRow& row = row_of(member, job.terms.workload);
  row.fold.state.careful_jobs = rules_.policy.audit_after_soft_failure_jobs;
  count(member, row, number, {.kind = EventKind::soft});
}

bool FastBook::foresee(JobNo number) const {
  const JobRow& job = jobs_.at(number);
  wire::DrawStream stream(seed_of(number, wire::Reason::first, coming_));
  return wire::coin_says_audit(stream.word(), job.p_ppm);
}

std::vector<Drawn> FastBook::draw() {
  std::vector<Drawn> drawn;
  drawn.reserve(undrawn_.size());
  for (const JobNo number : undrawn_) {
    Drawn it;
    it.job = number;
    it.p_ppm = jobs_[number].p_ppm;
    it.seed = seed_of(number, wire::Reason::first, coming_);
    it.audited = wire::coin_says_audit(wire::DrawStream(it.seed).word(), it.p_ppm);
    it.tier = jobs_[number].tier;
    it.stake_factor = jobs_[number].stake_factor;
    it.holdback_ppm = jobs_[number].holdback_ppm;
    it.locked = jobs_[number].locked;
    drawn.push_back(it);
  }
  draw_as(drawn);
  return drawn;
}

void FastBook::draw_as(const std::vector<Drawn>& drawn) {
  ASSAY_CHECK(drawn.size() == undrawn_.size(), "a draw covers everything attested before it");
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    ASSAY_CHECK(drawn[i].job == undrawn_[i] && drawn[i].p_ppm == jobs_[undrawn_[i]].p_ppm,
                "the books audit with different probabilities");
    JobRow& job = jobs_[drawn[i].job];
    Member& member = members_[job.provider];
    job.seed = drawn[i].seed;
    if (drawn[i].audited) {
      ++member.audited_today;
      continue;
    }
    settle(member, job);
    if (rules_.retro_audits) member.passed_over.push_back(drawn[i].job);
  }
  undrawn_.clear();
  coming_ = next_output();
}

std::uint32_t FastBook::pass_weight_of(ClassRow& row, const JobRow& job) {
  const JobTerms& terms = job.terms;
  const std::uint64_t reference = rules_.policy.reference_value_micros;
  if (!rules_.weighs_passes) return reputation::kPassUnit;
  if (!rules_.caps_renters) {  // as the ledger: the price alone
    const std::uint64_t value = std::min(terms.price, reference);
    return static_cast<std::uint32_t>(value * reputation::kPassUnit / reference);
  }
  std::uint32_t weight = reputation::pass_weight(terms.price, terms.metered, reference);
  if (terms.canary) return weight;
  std::uint64_t& mass = row.mass[terms.renter];
  weight = reputation::capped_weight(weight, mass, row.mass_all);
  mass += weight;
  row.mass_all += weight;
  return weight;
}

void FastBook::verdict(JobNo number, Outcome outcome) {
  JobRow& job = jobs_.at(number);
  if (outcome == Outcome::inconclusive) {
    ++job.redraws;
    return;
  }
  Member& member = members_.at(job.provider);
  ClassRow& row = row_of(member, job.terms.workload);
  const bool passed = outcome == Outcome::match;
  if (passed) settle(member, job);
  ++row.fold.state.audited;
  if (passed) ++row.fold.state.passed;
  row.valid_in_a_row = passed ? row.valid_in_a_row + 1 : 0;
  if (rules_.conviction == Conviction::storj) judge_as_storj(member, row, passed);
  if (!passed) return;  // what it costs, the slash says
  count(member, row, number, {.kind = EventKind::pass, .sixteenths = pass_weight_of(row, job)});
}

void FastBook::judge_as_storj(Member& member, ClassRow& row, bool valid) {
  row.alpha_ppm = row.alpha_ppm * kStorjLambdaPercent / 100 + (valid ? kMillion : 0);
  row.beta_ppm = row.beta_ppm * kStorjLambdaPercent / 100 + (valid ? 0 : kMillion);
  const bool disqualified =
      row.alpha_ppm * 100 < (row.alpha_ppm + row.beta_ppm) * kStorjThresholdPercent;
  if (!disqualified || !member.faults.empty()) return;
  member.faults.push_back({epoch_,
                           0,
                           true,
                           {.kind = EventKind::equivocation,
                            .sixteenths = 0,
                            .severity_ppm = rules_.policy.severity_equivocation_ppm}});
}

void FastBook::slash(JobNo number, Fault fault) {
  JobRow& job = jobs_.at(number);
  Member& member = members_.at(job.provider);
  ClassRow& row = row_of(member, job.terms.workload);
  ASSAY_CHECK(!job.fault, "one cause is punished once");
  if (rules_.conviction == Conviction::storj) {
    release(member, job);
    return;
  }
  if (fault == Fault::withheld && !rules_.prices_withholding) {
    release(member, job);
    const bool today = !row.events.empty() && row.events.back().event.kind == EventKind::soft &&
                       row.events.back().epoch / kHoursPerDay == epoch_ / kHoursPerDay;
    if (!today) count(member, row, number, {.kind = EventKind::soft});
    return;
  }
  const bool equivocation = fault == Fault::equivocation;
  const std::uint32_t severity =
      reputation::severity_ppm(equivocation               ? reputation::Offence::equivocation
                               : fault == Fault::withheld ? reputation::Offence::withheld
                                                          : reputation::Offence::proven_wrong,
                               rules_.policy);
  job.fault = fault;
  job.slashed = now_;
  take_stake(member, job, severity);
  const Counted event{epoch_,
                      number,
                      true,
                      {.kind = equivocation ? EventKind::equivocation : EventKind::proven,
                       .sixteenths = 0,
                       .severity_ppm = severity}};
  if (rules_.faults_everywhere) {
    member.faults.push_back(event);
  } else {
    count(member, row, number, event.event);
  }
}

void FastBook::take_stake(Member& member, JobRow& job, std::uint32_t severity_ppm) {
  StakeState& row = member.stake;
  release_unbonded(row, now_);
  const std::uint64_t unbonding = unbonding_of(row);
  const std::uint64_t locked = job.locked;
  release(member, job);
  const std::uint64_t free = row.free() - std::min(row.free(), locked) + unbonding;
  std::uint64_t wanted = 0;
  // Convicted after it had settled: nothing is locked to it any more.
  if (job.paid && rules_.retro_audits) {
    wanted = reputation::retro_slash_amount(severity_ppm, {.free = row.free(),
                                                           .unbonding = unbonding,
                                                           .price = job.terms.price,
                                                           .stake_factor = job.stake_factor});
  } else {
    wanted = reputation::slash_amount(severity_ppm, {.locked = locked,
                                                     .free = free,
                                                     .price = job.terms.price,
                                                     .stake_factor = job.stake_factor});
  }
  if (!rules_.takes_stake) wanted = 0;
  if (wanted > locked) {  // what is unbonding goes first: no other job's lock is touched
    for (auto& part : row.unbonding) job.took_unbonding += take_from(part.amount_micros, wanted);
    std::erase_if(row.unbonding, [](const auto& part) { return part.amount_micros == 0; });
  }
  job.took_own = take_from(row.own_micros, wanted);
  row.slashed_micros += job.took_own + job.took_unbonding;
}

void FastBook::reverse(JobNo number, bool delivered) {
  JobRow& job = jobs_.at(number);
  Member& member = members_.at(job.provider);
  ASSAY_CHECK(job.fault.has_value(), "no slash stands about that job");
  member.stake.own_micros += job.took_own + job.took_unbonding;
  member.stake.slashed_micros -= job.took_own + job.took_unbonding;
  job.took_own = job.took_unbonding = 0;
  job.fault.reset();
  if (delivered) {
    lock(member, job);
    --row_of(member, job.terms.workload).fold.state.audited;
  }
  const std::uint64_t epoch = reputation::epoch_of(job.slashed, rules_.policy);
  std::erase_if(member.faults, [number](const Counted& it) { return it.job == number; });
  for (auto& [workload, row] : member.classes) {
    if (row.fold.state.closed_below > epoch) {
      refold(member, row);
    }
  }
}

void FastBook::uptime(std::uint64_t window, const std::vector<Probes>& probes) {
  ASSAY_CHECK(window + 1 == epoch_, "an uptime window is told of when it is over");
  for (const Probes& it : probes) members_.at(it.provider).uptime.enter(it.answered, it.asked);
}

StakeState FastBook::stake_of(ProviderNo provider) {
  return members_.at(provider).stake;
}

std::vector<JobNo> FastBook::retro_draw(ProviderNo provider) {
  std::vector<JobNo> audited;
  if (!rules_.retro_audits) return audited;
  const VrfOutput beta = next_output();
  for (const JobNo number : members_.at(provider).passed_over) {
    const JobRow& job = jobs_[number];
    const reputation::RetroJob owed{.price = job.terms.price,
                                    .stake_factor = job.stake_factor,
                                    .detection_ppm = kWorkloads[job.terms.workload].detection_ppm,
                                    .tier = job.tier,
                                    .had_ppm = job.p_ppm,
                                    .attested = job.attested};
    wire::DrawStream stream(seed_of(number, wire::Reason::retro, beta));
    const std::uint32_t coin_ppm = reputation::retro_coin_ppm(owed, now_, rules_.policy);
    if (wire::coin_says_audit(stream.word(), coin_ppm)) audited.push_back(number);
  }
  members_.at(provider).passed_over.clear();
  return audited;
}

// What a pass weighs depends on those before it: where one is taken back, the rest is weighed as if
// it had never been.
void FastBook::reweigh(ClassRow& row) {
  row.mass.clear();
  row.mass_all = 0;
  for (Counted& it : row.events) {
    if (it.event.kind == EventKind::pass) it.event.sixteenths = pass_weight_of(row, jobs_[it.job]);
  }
}

void FastBook::void_verdict(JobNo number) {
  const JobRow& job = jobs_.at(number);
  Member& member = members_.at(job.provider);
  ClassRow& row = row_of(member, job.terms.workload);
  const auto found = std::ranges::find_if(row.events, [number](const Counted& it) {
    return it.job == number && it.event.kind == EventKind::pass;
  });
  ASSAY_CHECK(found != row.events.end(), "a verdict that counted is voided once");
  const std::uint64_t epoch = found->epoch;
  row.events.erase(found);
  reweigh(row);
  --row.fold.state.audited;
  --row.fold.state.passed;
  if (row.fold.state.closed_below > epoch) refold(member, row);
}

void FastBook::measure(ProviderNo provider, std::uint32_t measured_ppm) {
  if (!rules_.measures) return;
  reputation::PerformanceRound round;
  round.fill({.measured = measured_ppm, .claimed = kMillion});
  Member& member = members_.at(provider);
  member.performance = reputation::fold_round(member.performance, round);
}

bool FastBook::revoked(ProviderNo provider) const {
  return reputation::class_revoked(members_.at(provider).performance);
}

std::uint32_t FastBook::canaries_owed(ProviderNo provider) const {
  return members_.at(provider).canaries;
}

}  // namespace assay::sim
