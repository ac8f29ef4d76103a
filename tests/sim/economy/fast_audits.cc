// From the draw to the end of an audit: verdicts, workers whose word is void, second coins.
#include <algorithm>

#include "core/base/check.h"
#include "reputation/policy/pass_weight.h"
#include "tests/sim/economy/fast_book.h"

namespace assay::sim {

using reputation::EventKind;
using wire::Outcome;

namespace {

// Storj's audit score: alpha and beta forget by lambda, and a node below the threshold is
// disqualified. (storj.io/blog "reputation scoring", satellite defaults of 2019.)
constexpr std::uint64_t kStorjLambdaPercent = 95;
constexpr std::uint64_t kStorjThresholdPercent = 60;

}  // namespace

void FastBook::hire(WorkerNo worker) {
  ASSAY_CHECK(worker == workers_.size(), "workers are numbered as they are hired");
  workers_.emplace_back();
}

void FastBook::proven(WorkerNo worker) {
  workers_.at(worker).clear();
}

std::vector<JobNo> FastBook::suspend(WorkerNo worker) {
  std::vector<JobNo> due;
  for (const Said& said : std::exchange(workers_.at(worker), {})) {
    if (rules_.voids && void_match(said)) due.push_back(said.job);
  }
  return due;
}

void FastBook::verdict(JobNo number, Outcome outcome, std::optional<WorkerNo> by) {
  JobRow& job = jobs_.at(number);
  ASSAY_CHECK(job.audit == Audit::due, "a verdict answers an audit that is open");
  job.outcome = outcome;
  if (outcome == Outcome::inconclusive) return;
  Member& member = members_.at(job.provider);
  ClassRow& row = row_of(member, job.terms.workload);
  const bool held = job.holds_unbonding();
  const bool passed = outcome == Outcome::match;
  job.audit = Audit::done;
  job.verdict = ++verdicts_;
  job.verdict_epoch = epoch_;
  job.verdict_day = day_;
  if (passed && by) workers_.at(*by).push_back({number, job.verdict});
  if (passed) settle(member, job);
  ++row.fold.state.audited;
  if (passed) ++row.fold.state.passed;
  row.valid_in_a_row = passed ? row.valid_in_a_row + 1 : 0;
  if (rules_.conviction == Conviction::storj) judge_as_storj(member, row, passed);
  if (passed) {  // else what it costs, the slash says
    const std::uint64_t reference = rules_.policy.reference_value_micros;
    constexpr std::int64_t kMillisPerSecond = 1000;
    count(
        member, row, number,
        {.kind = EventKind::pass,
         .sixteenths = rules_.weighs_passes
                           ? reputation::pass_weight(job.terms.price, reference, reference)
                           : reputation::kPassUnit,
         .severity_ppm = 0,
         .renter = rules_.caps_renters ? std::uint64_t{job.terms.renter} + 1 : 0,
         .seconds = static_cast<std::uint32_t>((job.attested - job.accepted) / kMillisPerSecond)});
  }
  hold(member, job, held);
}

void FastBook::judge_as_storj(Member& member, ClassRow& row, bool valid) {
  row.alpha_ppm = row.alpha_ppm * kStorjLambdaPercent / 100 + (valid ? kMillion : 0);
  row.beta_ppm = row.beta_ppm * kStorjLambdaPercent / 100 + (valid ? 0 : kMillion);
  const bool disqualified =
      row.alpha_ppm * 100 < (row.alpha_ppm + row.beta_ppm) * kStorjThresholdPercent;
  if (!disqualified || !member.faults.empty()) return;
  member.faults.push_back({epoch_,
                           0,
                           {.kind = EventKind::equivocation,
                            .sixteenths = 0,
                            .severity_ppm = rules_.policy.severity_equivocation_ppm}});
}

// Takes one match out of everything that followed from it; false: it did not stand any more.
bool FastBook::void_match(const Said& said) {
  JobRow& job = jobs_[said.job];
  if (job.verdict != said.verdict) return false;
  Member& member = members_[job.provider];
  ClassRow& row = row_of(member, job.terms.workload);
  // The latest of the class are at the end.
  const auto found = std::find_if(row.events.rbegin(), row.events.rend(), [&](const Counted& it) {
    return it.job == said.job && it.event.kind == EventKind::pass;
  });
  ASSAY_CHECK(found != row.events.rend() && found->epoch == job.verdict_epoch,
              "a verdict that counted is voided once");
  row.events.erase(std::next(found).base());
  if (row.fold.state.closed_below > job.verdict_epoch) refold(member, row);
  --row.fold.state.audited;
  --row.fold.state.passed;
  const bool held = job.holds_unbonding();
  if (job.reason == wire::Reason::first && job.settled) {  // it was earned, and is not any more
    job.settled = false;
    std::uint64_t& income = job.verdict_day == day_
                                ? member.income
                                : member.days.at(job.verdict_day - member.since_day).income_micros;
    income -= std::min(income, job.terms.price);
  }
  job.verdict = 0;
  job.audit = Audit::due;
  job.outcome = Outcome::inconclusive;
  lock(member, job);
  hold(member, job, held);
  return true;
}

// What unbonds stays for as long as an audit that it asked for is open. held: before the change.
void FastBook::hold(Member& member, const JobRow& job, bool held) {
  if (job.holds_unbonding() == held) return;
  std::uint64_t& open = member.stake.retro_open;
  open = held ? open - std::min<std::uint64_t>(open, 1) : open + 1;
}

void FastBook::owe_retro_audits(ProviderNo provider, std::uint64_t reachable) {
  if (!rules_.retro_audits) return;
  Member& member = members_[provider];
  const auto retention = static_cast<std::int64_t>(rules_.policy.retention_ms);
  for (const JobNo number : member.attested) {
    JobRow& job = jobs_[number];
    if (now_ - job.attested > retention || job.waiting || job.retro || job.slash) continue;
    if (job.audit != Audit::undrawn && job.audit != Audit::passed_over) continue;
    const Tier tier = tier_now(member, row_of(member, job.terms.workload));
    const reputation::Stakes stakes{
        .price = job.terms.price,
        .cheat_cost = 0,
        .locked = std::min(reachable, job.stake_factor * job.terms.price),
        .rent = 0,
        .detection_ppm = kAssumedDetectionPpm};
    const std::uint32_t p_ppm =
        reputation::retro_coin_ppm(reputation::retro_rate_ppm(stakes, tier), job.p_ppm);
    if (p_ppm == 0) continue;
    job.waiting = job.retro = true;
    ++member.stake.retro_open;
    waiting_.push_back({number, p_ppm});
  }
}

void FastBook::draw_again(const Drawn& drawn) {
  JobRow& job = jobs_[drawn.job];
  Member& member = members_[job.provider];
  job.waiting = false;
  if (drawn.audited) {
    ASSAY_CHECK(job.audit == Audit::passed_over && !job.slash, "it needs no audit any more");
    job.reason = wire::Reason::retro;
    job.audit = Audit::due;
    job.outcome = Outcome::inconclusive;
    job.verdict = 0;
    lock(member, job);
  }
  hold(member, job, true);  // for this coin
}

}  // namespace assay::sim
