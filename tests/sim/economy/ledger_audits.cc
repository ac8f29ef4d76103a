// From the draw to the end of a job, as statements.
#include <algorithm>

#include "core/wire/appeal.h"
#include "core/wire/measurement.h"
#include "reputation/policy/slashing.h"
#include "tests/sim/economy/ledger_book.h"
#include "tests/sim/economy/ledger_parts.h"

namespace assay::sim {

using reputation::View;
using wire::Fault;
using wire::Outcome;

reputation::AttestationState LedgerBook::attestation_of(const JobRow& job) {
  const auto txn = must(store_->read());
  return *must(View(*txn).attestation(job.attestation));
}

// A job as its latest draw left it.
Drawn LedgerBook::drawn_of(const View& view, JobNo number) const {
  const JobRow& row = jobs_[number];
  const reputation::AttestationState state = *must(view.attestation(row.attestation));
  const reputation::JobState job = *must(view.job(row.id));
  Drawn one;
  one.job = number;
  one.audited = state.audit == reputation::AuditStatus::due;
  one.p_ppm = state.p_ppm;
  one.seed = state.seed;
  one.reason = state.reason;
  one.stake_factor = job.stake_factor;
  one.holdback_ppm = job.holdback_ppm;
  one.locked = job.locked_micros;
  for (std::size_t tier = 0; tier < reputation::kTiers; ++tier) {
    const auto named = static_cast<Tier>(tier);
    if (reputation::tier_rule(named).stake_factor == job.stake_factor) one.tier = named;
  }
  return one;
}

std::vector<Drawn> LedgerBook::draw() {
  for (const JobNo number : undrawn_) {
    flush();
    by_attestation_[jobs_[number].attestation] = number;
  }
  flush();
  wire::Draw it;
  std::vector<Drawn> again;
  {
    const auto txn = must(store_->read());
    const View view(*txn);
    const reputation::Head head = must(view.head());
    it.k = head.draws;
    it.from = head.drawn_to;
    it.to = it.size = head.size;
    it.root = head.root;
    const Status listed =
        view.each_reaudit(0, [&](std::uint64_t, std::uint64_t attestation, const auto& what) {
          Drawn one;
          one.job = by_attestation_.at(attestation);
          one.p_ppm = what.p_ppm;
          one.reason = what.reason;
          again.push_back(one);
          return true;
        });
    ASSAY_CHECK(listed.ok(), "a store that worked until now");
  }
  it.proof = vrf_prove(vrf_, wire::draw_alpha(kOrigin, it).view()).proof;
  const Digest statement = say(verifier_, wire::draw_statement(it));
  flush();
  const auto txn = must(store_->read());
  const View view(*txn);
  std::vector<Drawn> drawn;
  for (const JobNo number : undrawn_) drawn.push_back(drawn_of(view, number));
  for (Drawn& one : again) {
    const reputation::AttestationState state = attestation_of(jobs_[one.job]);
    const std::uint32_t p_ppm = one.p_ppm;
    const bool audited = state.draw == statement && state.reason == one.reason;
    one = drawn_of(view, one.job);
    one.audited = audited;
    one.p_ppm = p_ppm;
    one.reason = wire::Reason::retro;
    drawn.push_back(one);
  }
  undrawn_.clear();
  return drawn;
}

wire::Worker LedgerBook::worker_of(WorkerNo worker) const {
  wire::Worker it;
  it.worker = workers_[worker].key.public_key();
  it.name = "w" + std::to_string(worker);
  it.device = "cpu/avx2";
  return it;
}

void LedgerBook::hire(WorkerNo worker) {
  ASSAY_CHECK(worker == workers_.size(), "workers are numbered as they are hired");
  workers_.push_back({seeded("worker " + std::to_string(worker)), {}, 0});
  say(verifier_, wire::worker_statement(worker_of(worker)));
}

void LedgerBook::proven(WorkerNo worker) {
  workers_.at(worker).unproven.clear();
  workers_.at(worker).void_from = 0;
}

std::vector<JobNo> LedgerBook::suspend(WorkerNo number) {
  flush();
  Worker& worker = workers_.at(number);
  wire::Worker it = worker_of(number);
  it.enabled = false;
  it.cause = "canary-missed";
  it.void_from = worker.void_from;
  {
    const auto txn = must(store_->read());
    it.after = must(View(*txn).worker(it.worker))->changed_index;
  }
  std::vector<JobNo> stood;
  for (const JobNo job : worker.unproven) {
    if (attestation_of(jobs_[job]).audit == reputation::AuditStatus::done) stood.push_back(job);
  }
  say(verifier_, wire::worker_statement(it));
  flush();
  std::vector<JobNo> due;
  for (const JobNo job : stood) {
    if (attestation_of(jobs_[job]).audit == reputation::AuditStatus::due) due.push_back(job);
  }
  proven(number);
  return due;
}

void LedgerBook::verdict(JobNo number, Outcome outcome, std::optional<WorkerNo> by) {
  flush();
  JobRow& job = jobs_.at(number);
  const reputation::AttestationState row = attestation_of(job);
  wire::Verdict it;
  it.draw = row.draw;
  it.attestation_index = job.attestation;
  it.attestation = row.statement;
  it.job = row.job;
  it.provider = row.provider;
  it.reason = row.reason;
  it.ordinal = row.redraws;
  it.p_ppm = row.p_ppm;
  it.positions = {1};
  it.position_outcomes = {outcome};
  it.outcome = outcome;
  if (outcome == Outcome::mismatch) it.faulty_step = 1;
  it.device = "cpu/scalar";
  if (by) {
    it.workers = {{workers_.at(*by).key.public_key(), "cpu/avx2", "",
                   digest_of("said " + std::to_string(number))}};
  }
  say(verifier_, wire::verdict_statement(it), &JobRow::verdict, number);
  if (!by || outcome != Outcome::match) return;
  flush();
  Worker& worker = workers_[*by];
  worker.unproven.push_back(number);
  if (worker.void_from == 0) worker.void_from = job.verdict;
}

reputation::SlashState LedgerBook::slash_of(const JobRow& job) {
  flush();
  return *must(View(*must(store_->read())).slash(job.slash));
}

void LedgerBook::appeal(JobNo number) {
  const JobRow& job = jobs_.at(number);
  const Member& member = members_.at(job.provider);
  wire::Appeal it;
  it.slash_index = job.slash;
  it.provider = member.key.public_key();
  it.deposit_micros = rules_.policy.stake_required_micros > 0
                          ? reputation::appeal_deposit(slash_of(job).amount_micros())
                          : 0;
  it.nonce = digest_of("appeal " + std::to_string(number));
  say(member.key, wire::appeal_statement(it, job.slash_statement), &JobRow::appeal, number);
}

void LedgerBook::rule(JobNo number, bool granted) {
  const JobRow& job = jobs_.at(number);
  const reputation::SlashState slash = slash_of(job);
  const bool computed = slash.fault == Fault::wrong_result;
  wire::Ruling it;
  it.slash_index = job.slash;
  it.appeal_index = job.appeal;
  it.provider = slash.provider;
  it.outcome = granted ? wire::RulingOutcome::granted : wire::RulingOutcome::refuted;
  it.draw = slash.appeal_draw;
  if (computed) it.positions = {1};
  const std::string_view decides = computed ? wire::kScalarDevice : wire::kSignaturesDevice;
  const Outcome seen = granted    ? Outcome::match
                       : computed ? Outcome::mismatch
                                  : Outcome::unavailable;
  it.replays.assign(reputation::kAppealReplays, {std::string(decides), seen});
  say(verifier_, wire::ruling_statement(it, job.slash_statement));
}

void LedgerBook::measure(ProviderNo provider, std::uint32_t measured_ppm) {
  for (ClassNo workload = 0; workload < kWorkloads.size(); ++workload) {
    wire::Measurement it;
    it.provider = members_.at(provider).key.public_key();
    it.class_name = class_name_of(workload);
    it.round = digest_of("round " + std::to_string(rounds_++));
    it.parts = {{wire::Part::gpu, kClaimedRate, kClaimedRate / kMillion * measured_ppm}};
    it.took_ms = 2000;
    it.how = "a chain of gemm";
    say(verifier_, wire::measurement_statement(it));
  }
}

void LedgerBook::slash(JobNo number, Fault fault) {
  flush();
  JobRow& job = jobs_.at(number);
  const reputation::AttestationState row = attestation_of(job);
  wire::Slash it;
  it.provider = row.provider;
  it.class_name = row.class_name;
  it.fault = fault;
  it.job = row.job;
  it.attestation = row.statement;
  it.attestation_index = job.attestation;
  it.evidence_indices = {job.attestation};
  if (fault == Fault::withheld) {
    it.delivery_proof = "the heartbeat that signed the challenge";
  } else {
    it.evidence_blob = digest_of("evidence");
  }
  it.severity_ppm =
      reputation::severity_ppm(fault == Fault::equivocation ? reputation::Offence::equivocation
                               : fault == Fault::withheld   ? reputation::Offence::withheld
                                                            : reputation::Offence::proven_wrong,
                               rules_.policy);
  it.finality = now_ + static_cast<std::int64_t>(
                           reputation::finality_after_ms(it.severity_ppm, rules_.policy));
  it.detail = "because";
  job.slash_statement = say(verifier_, wire::slash_statement(it), &JobRow::slash, number);
}

void LedgerBook::reverse(JobNo number, bool delivered) {
  flush();
  const JobRow& job = jobs_.at(number);
  say(verifier_, wire::reversal_statement({.slash_index = job.slash,
                                           .provider = members_.at(job.provider).key.public_key(),
                                           .cause = delivered ? "delivered" : "overturned"},
                                          job.slash_statement));
}

}  // namespace assay::sim
