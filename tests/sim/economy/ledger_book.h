// The real thing: each step of an economy becomes a statement, its rules are those of
// reputation/ledger, its draws are proven by a VRF key. Statements wait until somebody asks for
// what follows from them, or time moves on; then they are appended in one transaction.
// Signatures are made where `sign` is set: Ledger::append takes opened envelopes and never looks,
// but refold() does. One thread.
#pragma once

#include <map>
#include <memory>

#include "reputation/ledger/ledger.h"
#include "tests/sim/economy/book.h"

namespace assay::sim {

class LedgerBook final : public Book {
 public:
  LedgerBook(Rules rules, UnixMillis start, bool sign);

  void at(UnixMillis now) override;
  void join(ProviderNo provider) override;
  void stake(ProviderNo provider, wire::StakeMove move, std::uint64_t micros) override;
  void order(JobNo job, const JobTerms& terms) override;
  void accept(JobNo job, ProviderNo provider) override;
  void attest(JobNo job) override;
  void time_out(JobNo job, bool verifier_at_fault) override;
  std::vector<Drawn> draw() override;
  void verdict(JobNo job, wire::Outcome outcome) override;
  void slash(JobNo job, wire::Fault fault) override;
  void reverse(JobNo job, bool delivered) override;
  void uptime(std::uint64_t window, const std::vector<Probes>& probes) override;
  Score score(ProviderNo provider, ClassNo workload) override;
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
    std::uint32_t redraws = 0;
  };

  // Queues a statement; `index` is where its leaf's index goes.
  Digest say(const SigningKey& key, const wire::Statement& statement,
             std::uint64_t JobRow::*index = nullptr, JobNo job = 0);
  void flush();
  reputation::AttestationState attestation_of(const JobRow& job);
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
  std::uint64_t payments_ = 0;
  struct Waiting {
    std::uint64_t JobRow::*index;
    JobNo job;
  };
  std::vector<reputation::Submission> queue_;
  std::vector<Waiting> waiting_;
};

}  // namespace assay::sim
