// The ledger and its fast twin side by side: every step goes to both, coins fall in the ledger, and
// whatever is asked for must be the same in both, to the byte. Stops the program where it is not.
// One thread.
#pragma once

#include "tests/sim/economy/fast_book.h"
#include "tests/sim/economy/ledger_book.h"

namespace assay::sim {

class TwinBook final : public Book {
 public:
  // `rules` must be assay_rules() with any policy.
  TwinBook(const Rules& rules, UnixMillis start, std::uint64_t seed, bool sign,
           std::unique_ptr<reputation::Store> store);

  void at(UnixMillis now) override;
  void join(ProviderNo provider) override;
  void stake(ProviderNo provider, wire::StakeMove move, std::uint64_t micros) override;
  void order(JobNo job, const JobTerms& terms) override;
  void accept(JobNo job, ProviderNo provider) override;
  void attest(JobNo job) override;
  void time_out(JobNo job, bool verifier_at_fault) override;
  std::vector<Drawn> draw() override;
  void hire(WorkerNo worker) override;
  void proven(WorkerNo worker) override;
  std::vector<JobNo> suspend(WorkerNo worker) override;
  void verdict(JobNo job, wire::Outcome outcome, std::optional<WorkerNo> by) override;
  void slash(JobNo job, wire::Fault fault) override;
  void appeal(JobNo job) override;
  void rule(JobNo job, bool granted) override;
  void reverse(JobNo job, bool delivered) override;
  void measure(ProviderNo provider, std::uint32_t measured_ppm) override;
  void uptime(std::uint64_t window, const std::vector<Probes>& probes) override;
  Score score(ProviderNo provider, ClassNo workload) override;
  bool jailed(ProviderNo provider) override;
  reputation::StakeState stake_of(ProviderNo provider) override;
  Bytes class_bytes(ProviderNo provider, ClassNo workload) override;
  Bytes day_bytes(ProviderNo provider, std::uint64_t day) override;
  bool explains(ProviderNo provider, ClassNo workload) override;

  // Scores, tiers, stake, rows of classes and of the day before, of everybody.
  void compare();
  std::uint64_t compared() const { return compared_; }  // how many values were held together
  LedgerBook& ledger() { return ledger_; }
  FastBook& fast() { return fast_; }

 private:
  LedgerBook ledger_;
  FastBook fast_;
  UnixMillis now_;
  ProviderNo providers_ = 0;
  std::uint64_t compared_ = 0;
};

}  // namespace assay::sim
