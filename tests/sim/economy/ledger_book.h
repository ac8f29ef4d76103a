// The real thing: each step of an economy becomes a statement, its rules are those of
// reputation/ledger, its draws are proven by a VRF key. Statements wait until somebody asks for
// what follows from them, or time moves on; then they are appended in one transaction.
// Signatures are made where `sign` is set: Ledger::append takes opened envelopes and never looks,
// but refold() does. One thread.
#pragma once

#include <map>
#include <memory>

#include "core/wire/worker.h"
#include "reputation/ledger/ledger.h"
#include "tests/sim/economy/book.h"

namespace assay::sim {

class LedgerBook final : public Book {
 public:
  // `store`: empty, of tables::names().
  LedgerBook(Rules rules, UnixMillis start, bool sign, std::unique_ptr<reputation::Store> store);

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

  std::uint64_t leaves();
  Digest provider_id(ProviderNo provider) const { return members_.at(provider).id; }
  reputation::Store& store() { return *store_; }
  const reputation::Roles& roles() const { return ledger_.roles(); }

 private:
  struct Member {
    SigningKey key;
    Digest id;
    std::uint64_t next_seq = 1;
    Digest prev{};
  };
  struct JobRow {
    ClassNo workload = 0;
    Digest id;
    ProviderNo provider = 0;
    std::uint64_t acceptance = 0;  // leaves
    std::uint64_t attestation = 0;
    std::uint64_t slash = 0;
    Digest slash_statement;
    std::uint64_t appeal = 0;
    std::uint64_t verdict = 0;
  };

  struct Worker {
    SigningKey key;
    std::vector<JobNo> unproven;  // matches since it was last proven
    std::uint64_t void_from = 0;  // the first of their leaves; 0: none
  };

  // Queues a statement; `index` is where its leaf's index goes.
  Digest say(const SigningKey& key, const wire::Statement& statement,
             std::uint64_t JobRow::*index = nullptr, JobNo job = 0);
  void flush();
  reputation::AttestationState attestation_of(const JobRow& job);
  reputation::SlashState slash_of(const JobRow& job);
  wire::Worker worker_of(WorkerNo worker) const;
  Drawn drawn_of(const reputation::View& view, JobNo number) const;
  const SigningKey& renter(std::uint32_t number);
  std::uint64_t income_of(const reputation::ReadTxn& txn, const Digest& id, std::uint64_t since,
                          std::uint64_t days) const;

  const Rules rules_;
  const bool sign_;
  SigningKey verifier_, vrf_;
  std::unique_ptr<reputation::Store> store_;
  reputation::Ledger ledger_;
  UnixMillis now_;
  std::vector<Member> members_;
  std::map<std::uint32_t, SigningKey> renters_;
  std::vector<JobRow> jobs_;
  std::vector<JobNo> undrawn_;
  std::map<std::uint64_t, JobNo> by_attestation_;
  std::vector<Worker> workers_;
  std::uint64_t rounds_ = 0;
  std::uint64_t payments_ = 0;
  struct Waiting {
    std::uint64_t JobRow::*index;
    JobNo job;
  };
  std::vector<reputation::Submission> queue_;
  std::vector<Waiting> waiting_;
};

}  // namespace assay::sim
