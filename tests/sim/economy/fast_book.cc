// The life of a job up to its draw.
#include "tests/sim/economy/fast_book.h"

#include <algorithm>

#include "core/base/check.h"

namespace assay::sim {

using reputation::EventKind;

namespace {

Digest digest_of_job(JobNo job) {
  Digest digest;
  for (std::size_t i = 0; i < sizeof job; ++i) {
    digest.bytes[i] = static_cast<std::uint8_t>(job >> (8 * i));
  }
  return digest;
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
  const bool new_day = reputation::day_of(now) != day_;
  day_ = reputation::day_of(now);
  for (Member& member : members_) {
    member.uptime.advance(epoch_);
    if (!new_day) continue;
    close_day(member);
    const auto retention = static_cast<std::int64_t>(rules_.policy.retention_ms);
    while (!member.attested.empty() && now - jobs_[member.attested.front()].attested > retention) {
      member.attested.pop_front();
    }
  }
}

void FastBook::join(ProviderNo provider) {
  ASSAY_CHECK(provider == members_.size(), "providers are numbered as they join");
  members_.emplace_back(day_, epoch_);
}

void FastBook::order(JobNo job, const JobTerms& terms) {
  ASSAY_CHECK(job == jobs_.size(), "jobs are numbered as they are ordered");
  jobs_.emplace_back().terms = terms;
}

void FastBook::accept(JobNo number, ProviderNo provider) {
  JobRow& job = jobs_.at(number);
  Member& member = members_.at(provider);
  job.provider = provider;
  job.accepted = now_;
  // A class without a row is one without events.
  const auto found = member.classes.find(job.terms.workload);
  job.tier = found == member.classes.end() ? Tier::entry : tier_now(member, found->second);
  job.stake_factor = reputation::tier_rule(job.tier).stake_factor;
  job.holdback_ppm = reputation::tier_rule(job.tier).holdback_ppm;
  lock(member, job);
}

// It ended well: the stake is free and the price is income; once.
void FastBook::settle(Member& member, JobRow& job) {
  release(member, job);
  if (job.settled) return;
  job.settled = true;
  member.income += job.terms.price;
}

std::uint32_t FastBook::rate_of(Member& member, ClassRow& row, const JobRow& job) {
  if (rules_.rate == Rate::boinc) {
    return static_cast<std::uint32_t>(kMillion / std::max<std::uint64_t>(row.valid_in_a_row, 1));
  }
  const Tier tier = tier_now(member, row);
  const reputation::Stakes stakes{
      .price = job.terms.price,
      .cheat_cost = 0,
      .locked = job.locked,
      .rent = reputation::conservative_rent(income_of(member, 7), income_of(member, 30), tier),
      .detection_ppm = kAssumedDetectionPpm};
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
  job.audit = Audit::undrawn;
  ++row.fold.state.attested;
  if (row.fold.state.careful_jobs > 0) --row.fold.state.careful_jobs;
  member.attested.push_back(number);
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
  drawn.reserve(undrawn_.size() + waiting_.size());
  const auto throw_coin = [&](JobNo number, std::uint32_t p_ppm, wire::Reason reason) {
    const JobRow& job = jobs_[number];
    Drawn it{.job = number,
             .audited = false,
             .p_ppm = p_ppm,
             .seed = seed_of(number, reason, coming_),
             .reason = reason,
             .tier = job.tier,
             .stake_factor = job.stake_factor,
             .holdback_ppm = job.holdback_ppm,
             .locked = job.locked};
    it.audited = wire::coin_says_audit(wire::DrawStream(it.seed).word(), p_ppm);
    drawn.push_back(it);
  };
  for (const JobNo number : undrawn_) throw_coin(number, jobs_[number].p_ppm, wire::Reason::first);
  const std::size_t first = drawn.size();
  for (const Waiting& it : waiting_) throw_coin(it.job, it.p_ppm, wire::Reason::retro);
  for (std::size_t i = first; i < drawn.size(); ++i) {
    const JobRow& job = jobs_[drawn[i].job];
    // What this very draw audits for the first time needs no second coin.
    const auto same = std::ranges::find(drawn.begin(), drawn.begin() + static_cast<long>(first),
                                        drawn[i].job, &Drawn::job);
    const bool due = same != drawn.begin() + static_cast<long>(first) && same->audited;
    if (due || job.slash) drawn[i].audited = false;
  }
  draw_as(drawn);
  return drawn;
}

void FastBook::draw_first(const Drawn& drawn) {
  JobRow& job = jobs_[drawn.job];
  ASSAY_CHECK(drawn.p_ppm == job.p_ppm, "the books audit with different probabilities");
  job.audit = drawn.audited ? Audit::due : Audit::passed_over;
  if (!drawn.audited) settle(members_[job.provider], job);
}

void FastBook::draw_as(const std::vector<Drawn>& drawn) {
  ASSAY_CHECK(drawn.size() == undrawn_.size() + waiting_.size(),
              "a draw covers everything that waited for it");
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    const bool again = i >= undrawn_.size();
    ASSAY_CHECK(drawn[i].job == (again ? waiting_[i - undrawn_.size()].job : undrawn_[i]),
                "the books draw over different jobs");
    if (again) {
      ASSAY_CHECK(drawn[i].p_ppm == waiting_[i - undrawn_.size()].p_ppm,
                  "the books audit again with different probabilities");
      draw_again(drawn[i]);
    } else {
      draw_first(drawn[i]);
    }
  }
  undrawn_.clear();
  waiting_.clear();
  coming_ = next_output();
}

void FastBook::uptime(std::uint64_t window, const std::vector<Probes>& probes) {
  ASSAY_CHECK(window + 1 == epoch_, "an uptime window is told of when it is over");
  for (const Probes& it : probes) members_.at(it.provider).uptime.enter(it.answered, it.asked);
}

Digest FastBook::seed_of(JobNo job, wire::Reason reason, const VrfOutput& beta) const {
  return wire::draw_seed(beta, job, digest_of_job(job), reason, {});
}

VrfOutput FastBook::next_output() {
  VrfOutput output;
  random_.fill(output.bytes);
  return output;
}

}  // namespace assay::sim
