// From order to attestation.
#include <algorithm>

#include "reputation/policy/audit_rate.h"
#include "reputation/policy/newcomers.h"
#include "tests/sim/economy/economy.h"
#include "tests/sim/economy/top_ups.h"

namespace assay::sim {
namespace {

using reputation::Candidate;
using reputation::MatchRequest;

constexpr std::uint32_t kJobsADay = 20;  // orders for each provider
constexpr std::uint32_t kRenters = 25;
constexpr std::uint32_t kOwnRenters = 1000;       // from here on: keys of providers themselves
constexpr std::uint32_t kOtherWorkPpm = 250'000;  // of orders: for the second kind of work
constexpr std::uint32_t kCrashPpm = 300;          // of jobs
constexpr std::uint64_t kCrashHours = 2;
constexpr std::uint64_t kTopUpsADay = 2;  // paid for at most, for each provider
constexpr std::uint64_t kDeadlineHours = 3;
constexpr std::uint32_t kTopUpRenters = 1U << 30;  // from here on: of one job each

// By number, so that candidates are in order from the start.
Digest digest_of(ProviderNo provider) {
  Digest id;
  for (std::size_t i = 0; i < sizeof provider; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(provider >> (8 * (sizeof provider - 1 - i)));
  }
  return id;
}
ProviderNo provider_of(const Digest& id) {
  return Reader(id.view()).u32_be();
}

}  // namespace

bool Economy::is_tombstoned(const Actor& actor) {
  return std::ranges::any_of(actor.scores, [](const Score& it) { return it.record.tombstoned; });
}

bool Economy::is_vetted(const Actor& actor, std::size_t workload) const {
  return actor.scores[workload].audited >= rules_.policy.first_jobs;
}

bool Economy::may_work(const Actor& actor, ClassNo workload) const {
  return !actor.jailed && !actor.scores[workload].revoked && !is_tombstoned(actor);
}

// Whether it takes this kind of work.
bool Economy::wants(const Actor& actor, ClassNo workload) const {
  const Plan& plan = plan_of(actor);
  if (plan.workload && *plan.workload != workload) return false;
  return plan.hops_from != workload || (!actor.caught && is_vetted(actor, workload ^ 1));
}

std::vector<Candidate> Economy::candidates_for(ClassNo workload) {
  std::vector<Candidate> candidates;
  for (ProviderNo i = 0; i < actors_.size(); ++i) {
    const Actor& actor = actors_[i];
    if (!available(actor) || !wants(actor, workload)) continue;
    const Score& score = actor.scores[workload];
    Candidate it;
    it.provider = digest_of(i);
    it.device_class = score.revoked ? "revoked" : kDeviceClass;
    it.price = kPrice;
    it.trust_ppm = reputation::ppm_from_q30(score.trust);
    it.uptime_ppm = reputation::ppm_from_q30(score.uptime);
    it.slash_ppm = reputation::ppm_from_q30(score.slash);
    it.stake_ppm = reputation::ppm_from_q30(score.stake);
    it.tier = score.tier;
    it.newcomer = rules_.second_chance
                      ? reputation::shares_newcomer_floor(score.audited, score.record)
                      : score.audited == 0 && score.record.proven == 0;
    it.tombstoned = is_tombstoned(actor);
    it.jailed = actor.jailed;
    it.free_slots = it.slots = 1;
    it.exposure.open_jobs = actor.open_jobs;
    it.exposure.unsettled = actor.unsettled;
    if (rules_.limits_exposure) it.exposure.bonded_stake = actor.bonded;
    candidates.push_back(std::move(it));
  }
  return candidates;
}

void Economy::match_order(std::vector<Candidate>& candidates, ClassNo workload) {
  MatchRequest request;
  request.device_class = kDeviceClass;
  request.price_limit = kPrice;
  const std::uint64_t wish = random_.below(10);  // seven of ten take anybody
  request.tier_min = wish < 7 ? Tier::entry : wish < 9 ? Tier::low : Tier::medium;
  Digest randomness;
  random_.fill(randomness.bytes);
  const reputation::Match match =
      reputation::match(request, candidates, rules_.weights, randomness);
  if (!match.chosen) {
    ++result_.totals.unmatched;
    return;
  }
  const ProviderNo provider = provider_of(match.candidates[*match.chosen].provider);
  std::erase_if(candidates,
                [provider](const Candidate& it) { return provider_of(it.provider) == provider; });
  JobTerms terms;
  terms.workload = workload;
  terms.renter = static_cast<std::uint32_t>(random_.below(kRenters));
  begin(terms, provider);
}

JobNo Economy::begin(const JobTerms& terms, ProviderNo provider) {
  const auto number = static_cast<JobNo>(jobs_.size());
  Job& job = jobs_.emplace_back();
  job.terms = terms;
  job.provider = provider;
  actors_[provider].busy = true;
  set_open(job, true);
  book_.order(number, terms);
  book_.accept(number, provider);
  working_.push_back(number);
  return number;
}

// One from itself in each hour until the day's are done.
void Economy::farm(Actor& actor) {
  const Farm& farm = plan_of(actor).farm;
  const bool farming = day_ - actor.joins < static_cast<std::int32_t>(farm.days);
  if (!farming || actor.quit || actor.offline_until > hour_ || actor.open_jobs > 0 ||
      !may_work(actor, 0) || actor.farmed_today >= farm.jobs_a_day) {
    return;
  }
  const auto number = static_cast<ProviderNo>(&actor - actors_.data());
  JobTerms terms;
  terms.price = farm.price;
  terms.work = farm.work;
  terms.renter =
      kOwnRenters * (number + 1) + static_cast<std::uint32_t>(random_.below(farm.renters));
  terms.wanted = number;
  ++actor.farmed_today;
  begin(terms, number);
}

// Jobs of the verifier's own for whoever is idle and audited too rarely, while the day's money
// lasts.
void Economy::top_up() {
  if (!rules_.tops_up) return;
  while (!top_ups_.empty() && top_ups_.front() + kHoursPerDay <= hour_) top_ups_.pop_front();
  for (ProviderNo i = 0; i < actors_.size(); ++i) {
    Actor& actor = actors_[i];
    while (!actor.expected.empty() && actor.expected.front().first + kHoursPerDay <= hour_) {
      actor.expected_ppm -= actor.expected.front().second;
      actor.expected.pop_front();
    }
    if (!available(actor)) continue;
    const auto workload = static_cast<ClassNo>(random_.below(kWorkloads.size()));
    if (!wants(actor, workload) || !may_work(actor, workload)) continue;
    const std::uint64_t price = rules_.policy.reference_value_micros;
    const reputation::Exposure exposure{
        .open_jobs = 0, .unsettled = 0, .bonded_stake = actor.bonded};
    if (rules_.limits_exposure && reputation::exposure_limit(exposure, price, Tier::entry)) {
      continue;
    }
    if (!is_top_up_due(actor.expected_ppm, top_ups_.size() * price,
                       kTopUpsADay * price * actors_.size(), price)) {
      continue;
    }
    top_ups_.push_back(hour_);
    ++result_.totals.top_ups;
    JobTerms terms;
    terms.workload = workload;
    terms.price = price;
    terms.renter = kTopUpRenters + top_up_renters_++;
    terms.wanted = i;
    terms.top_up = true;
    begin(terms, i);
  }
}

void Economy::give_out_jobs() {
  std::uint32_t active = 0;
  for (Actor& actor : actors_) {
    const bool farms = plan_of(actor).farm.days > 0;
    if (farms) farm(actor);
    active += !actor.quit;
  }
  demand_ += active * kJobsADay;
  std::array<std::uint32_t, kWorkloads.size()> orders{};
  for (; demand_ >= kHoursPerDay; demand_ -= kHoursPerDay) ++orders[chance(kOtherWorkPpm) ? 1 : 0];
  for (const ClassNo workload : {ClassNo{1}, ClassNo{0}}) {
    if (orders[workload] == 0) continue;
    std::vector<Candidate> candidates = candidates_for(workload);
    for (; orders[workload] > 0; --orders[workload]) match_order(candidates, workload);
  }
  top_up();
}

bool Economy::cheats(const Actor& actor, ClassNo workload) {
  const Plan& plan = plan_of(actor);
  if (actor.honest || plan.conduct == Conduct::honest || actor.tally.jobs < plan.after_jobs) {
    return false;
  }
  if (plan.after_jobs > 0 && !is_vetted(actor, workload)) return false;
  if (plan.hops_from && *plan.hops_from != workload) return false;
  if (day_ < plan.from_day || actor.scores[workload].tier < plan.from_tier) return false;
  if (plan.last_day_only && day_ != setup_.days - 1) return false;
  if (plan.at_hour && hour_ % kHoursPerDay != *plan.at_hour) return false;
  if (plan.cheat_days > 0) {
    const auto lived = static_cast<std::uint32_t>(day_ - actor.joins);
    if (lived % (plan.honest_days + plan.cheat_days) < plan.honest_days) return false;
  }
  return chance(plan.share_ppm);
}

Conduct Economy::conduct_of(Actor& actor, JobNo number) {
  const Job& job = jobs_[number];
  if (!cheats(actor, job.terms.workload)) return Conduct::honest;
  return plan_of(actor).conduct;
}

void Economy::attest_all() {
  for (const JobNo number : std::exchange(working_, {})) {
    Job& job = jobs_[number];
    Actor& actor = actors_[job.provider];
    const Plan& plan = plan_of(actor);
    if (chance(kCrashPpm)) {
      actor.offline_until = hour_ + kCrashHours;
      later(kDeadlineHours, Due::timeout, number);
      continue;
    }
    job.conduct = conduct_of(actor, number);
    if (job.conduct == Conduct::skip) {
      ++actor.tally.cheated;
      actor.tally.gain_micros -= static_cast<std::int64_t>(kPrice - plan.cost);
      later(kDeadlineHours, Due::timeout, number);
      continue;
    }
    book_.attest(number);
    // Who grinds goes by what it believes the draw will say, and does the work where it is not
    // sure.
    if (job.conduct == Conduct::forge && plan.foresees && !rules_.hides_draws &&
        more_->foresee(number)) {
      job.conduct = Conduct::honest;
    }
    job.wrong = job.conduct == Conduct::forge || job.conduct == Conduct::withhold ||
                job.conduct == Conduct::vanish;
    ++actor.tally.jobs;
    ++result_.totals.jobs;
    const std::uint64_t cost = plan.cost * std::min(job.terms.work, kPrice) / kPrice;
    if (!job.wrong) actor.tally.profit_micros -= static_cast<std::int64_t>(cost);
    if (job.wrong || job.conduct == Conduct::equivocate || job.conduct == Conduct::late) {
      ++actor.tally.cheated;
    }
    if (job.conduct == Conduct::equivocate) slash(number, wire::Fault::equivocation);
  }
}

// What cheating in this job is worth, by the probabilities in force and nothing else.
void Economy::count_cheat(Actor& actor, const Job& job) {
  const Plan& plan = plan_of(actor);
  const Drawn& drawn = job.drawn;
  const std::uint64_t met_ppm =
      job.conduct == Conduct::forge ? rules_.meets_ppm[job.terms.workload] : kMillion;
  std::uint64_t caught_ppm = drawn.p_ppm * met_ppm / kMillion;
  if (plan.foresees && !rules_.hides_draws) caught_ppm = 0;
  const bool costs = rules_.takes_stake && rules_.conviction == Conviction::slash &&
                     (job.conduct == Conduct::forge || rules_.prices_withholding);
  const std::uint64_t taken =
      costs ? std::min(drawn.locked, drawn.stake_factor * job.terms.price) : 0;
  const auto micros = [](std::uint64_t value, std::uint64_t ppm) {
    return static_cast<std::int64_t>(value * ppm / kMillion);
  };
  Tally& tally = actor.tally;
  tally.gain_micros += micros(plan.cost, kMillion - caught_ppm) -
                       micros(job.terms.price - plan.cost + taken, caught_ppm);
  tally.hazard_ppm += caught_ppm;
  tally.hazard_variance_ppm += caught_ppm * (kMillion - caught_ppm) / kMillion;
  if (rules_.conviction == Conviction::storj) return;  // one failed audit is not the end of a tier
  if (!plan.unbonds) {  // who leaves has no tier to lose, but owes a second coin
    tally.rent_micros -= micros(actor.scores[job.terms.workload].rent, caught_ppm);
    return;
  }
  if (!rules_.retro_audits) return;
  const std::uint32_t coin_ppm = reputation::retro_coin_ppm(
      reputation::retro_rate_ppm({.price = job.terms.price,
                                  .cheat_cost = 0,
                                  .locked = drawn.stake_factor * job.terms.price,
                                  .rent = 0,
                                  .detection_ppm = kAssumedDetectionPpm},
                                 drawn.tier),
      drawn.p_ppm);
  const std::uint64_t retro_ppm =
      (kMillion - drawn.p_ppm) * std::uint64_t{coin_ppm} / kMillion * met_ppm / kMillion;
  const std::uint64_t held = job.terms.price * drawn.holdback_ppm / kMillion;
  tally.gain_micros -= micros(drawn.stake_factor * job.terms.price + held, retro_ppm);
  tally.hazard_ppm += retro_ppm;
  tally.hazard_variance_ppm += retro_ppm * (kMillion - retro_ppm) / kMillion;
}

}  // namespace assay::sim
