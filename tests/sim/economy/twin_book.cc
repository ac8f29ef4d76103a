#include "tests/sim/economy/twin_book.h"

#include "core/base/check.h"

namespace assay::sim {

TwinBook::TwinBook(const Rules& rules, UnixMillis start, std::uint64_t seed, bool sign,
                   std::unique_ptr<reputation::Store> store)
    : ledger_(rules, start, sign, std::move(store)), fast_(rules, start, seed), now_(start) {}

void TwinBook::at(UnixMillis now) {
  const bool new_day = reputation::day_of(now) != reputation::day_of(now_);
  now_ = now;
  ledger_.at(now);
  fast_.at(now);
  if (new_day) compare();
}

void TwinBook::join(ProviderNo provider) {
  ledger_.join(provider);
  fast_.join(provider);
  ++providers_;
}

void TwinBook::stake(ProviderNo provider, wire::StakeMove move, std::uint64_t micros) {
  ledger_.stake(provider, move, micros);
  fast_.stake(provider, move, micros);
}

void TwinBook::order(JobNo job, const JobTerms& terms) {
  ledger_.order(job, terms);
  fast_.order(job, terms);
}

void TwinBook::accept(JobNo job, ProviderNo provider) {
  ledger_.accept(job, provider);
  fast_.accept(job, provider);
}

void TwinBook::attest(JobNo job) {
  ledger_.attest(job);
  fast_.attest(job);
}

void TwinBook::time_out(JobNo job, bool verifier_at_fault) {
  ledger_.time_out(job, verifier_at_fault);
  fast_.time_out(job, verifier_at_fault);
}

std::vector<Drawn> TwinBook::draw() {
  std::vector<Drawn> drawn = ledger_.draw();
  fast_.draw_as(drawn);  // which compares the probabilities
  compared_ += drawn.size();
  return drawn;
}

void TwinBook::hire(WorkerNo worker) {
  ledger_.hire(worker);
  fast_.hire(worker);
}

void TwinBook::proven(WorkerNo worker) {
  ledger_.proven(worker);
  fast_.proven(worker);
}

std::vector<JobNo> TwinBook::suspend(WorkerNo worker) {
  const std::vector<JobNo> due = ledger_.suspend(worker);
  ASSAY_CHECK(due == fast_.suspend(worker), "the books void different verdicts");
  compared_ += due.size();
  return due;
}

void TwinBook::verdict(JobNo job, wire::Outcome outcome, std::optional<WorkerNo> by) {
  ledger_.verdict(job, outcome, by);
  fast_.verdict(job, outcome, by);
}

void TwinBook::slash(JobNo job, wire::Fault fault) {
  ledger_.slash(job, fault);
  fast_.slash(job, fault);
}

void TwinBook::appeal(JobNo job) {
  ledger_.appeal(job);
  fast_.appeal(job);
}

void TwinBook::rule(JobNo job, bool granted) {
  ledger_.rule(job, granted);
  fast_.rule(job, granted);
}

void TwinBook::measure(ProviderNo provider, std::uint32_t measured_ppm) {
  ledger_.measure(provider, measured_ppm);
  fast_.measure(provider, measured_ppm);
}

void TwinBook::reverse(JobNo job, bool delivered) {
  ledger_.reverse(job, delivered);
  fast_.reverse(job, delivered);
}

void TwinBook::uptime(std::uint64_t window, const std::vector<Probes>& probes) {
  ledger_.uptime(window, probes);
  fast_.uptime(window, probes);
}

Score TwinBook::score(ProviderNo provider, ClassNo workload) {
  const Score score = ledger_.score(provider, workload);
  ASSAY_CHECK(score == fast_.score(provider, workload), "the books score differently");
  ++compared_;
  return score;
}

bool TwinBook::jailed(ProviderNo provider) {
  const bool jailed = ledger_.jailed(provider);
  ASSAY_CHECK(jailed == fast_.jailed(provider), "the books differ about jail");
  ++compared_;
  return jailed;
}

reputation::StakeState TwinBook::stake_of(ProviderNo provider) {
  const reputation::StakeState stake = ledger_.stake_of(provider);
  ASSAY_CHECK(encode(stake) == encode(fast_.stake_of(provider)), "the books differ about stake");
  ++compared_;
  return stake;
}

Bytes TwinBook::class_bytes(ProviderNo provider, ClassNo workload) {
  const Bytes bytes = ledger_.class_bytes(provider, workload);
  ASSAY_CHECK(bytes == fast_.class_bytes(provider, workload), "the books differ about a class");
  ++compared_;
  return bytes;
}

Bytes TwinBook::day_bytes(ProviderNo provider, std::uint64_t day) {
  const Bytes bytes = ledger_.day_bytes(provider, day);
  ASSAY_CHECK(bytes == fast_.day_bytes(provider, day), "the books differ about a day");
  ++compared_;
  return bytes;
}

bool TwinBook::explains(ProviderNo provider, ClassNo workload) {
  return ledger_.explains(provider, workload) && fast_.explains(provider, workload);
}

void TwinBook::compare() {
  const std::uint64_t yesterday = reputation::day_of(now_) - 1;
  for (ProviderNo provider = 0; provider < providers_; ++provider) {
    for (ClassNo workload = 0; workload < kWorkloads.size(); ++workload) {
      score(provider, workload);
      class_bytes(provider, workload);
    }
    stake_of(provider);
    if (!fast_.day_bytes(provider, yesterday).empty()) day_bytes(provider, yesterday);
  }
}

}  // namespace assay::sim
