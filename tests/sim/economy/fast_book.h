// The rules of reputation/ledger on the pure functions of reputation/policy, kept in plain values:
// what a log of the same statements would make of its providers, a thousand times faster. A test
// holds it to the ledger, byte for byte (twin_book.h). And what the policy asks for and the ledger
// has no statement for yet: weighed and capped passes, canaries, retro-audits, verdicts voided,
// measured performance.
//
// The VRF is behind a seam: a draw's output is 64 bytes of a seeded generator; seeds and coins are
// those of core/wire/draw.h. One thread.
#pragma once

#include <deque>
#include <map>
#include <unordered_map>

#include "reputation/ledger/view.h"
#include "reputation/policy/audit_rate.h"
#include "reputation/policy/performance.h"
#include "tests/sim/economy/book.h"
#include "tests/sim/economy/uptime_track.h"

namespace assay::sim {

// A line of a provider's history: what the fold takes.
struct Counted {
  std::uint64_t epoch = 0;
  JobNo job = 0;
  bool matched = true;  // counts for promotion
  reputation::EventState event;
};

// A class as far as it is folded, and the first events that are not. A value: previews fold a copy.
struct Fold {
  reputation::ClassState state;
  std::size_t event = 0;
  std::size_t fault = 0;
};

class FastBook final : public Book {
 public:
  FastBook(Rules rules, UnixMillis start, std::uint64_t seed);

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

  // A draw whose coins fell elsewhere, in the order of attesting.
  void draw_as(const std::vector<Drawn>& drawn);
  // Whether the coming draw will audit the job: what a leaked VRF key tells before it is attested.
  bool foresee(JobNo job) const;

  // A provider that unbonds: the second coin of each job that was passed over within retention.
  // Returns those that it audits; their verdicts follow.
  std::vector<JobNo> retro_draw(ProviderNo provider);
  // Takes the verdict about this job back; it is due again.
  void void_verdict(JobNo job);
  // One hardware round; a part of a million of what was claimed.
  void measure(ProviderNo provider, std::uint32_t measured_ppm);
  bool revoked(ProviderNo provider) const;
  std::uint32_t canaries_owed(ProviderNo provider) const;  // today

  // The history of a class: its own events and the faults that count in it.
  std::vector<Counted> history(ProviderNo provider, ClassNo workload) const;
  // Folded from nothing, in one go.
  reputation::ClassState refolded(ProviderNo provider, ClassNo workload) const;
  const Rules& rules() const { return rules_; }

 private:
  struct ClassRow {
    Fold fold;
    std::vector<Counted> events;                            // passes and soft failures, by epoch
    std::unordered_map<std::uint32_t, std::uint64_t> mass;  // of each renter, in sixteenths
    std::uint64_t mass_all = 0;
    std::uint64_t valid_in_a_row = 0;                  // BOINC's
    std::uint64_t alpha_ppm = kMillion, beta_ppm = 0;  // Storj's
  };
  // How a day ended.
  struct Day {
    reputation::DayState state;
    Q30 performance = 0;
  };
  struct Member {
    std::uint64_t since_day = 0;
    std::map<ClassNo, ClassRow> classes;
    std::vector<Counted> faults;
    UptimeTrack uptime;
    reputation::StakeState stake;
    std::vector<Day> days;     // from since_day on
    std::uint64_t income = 0;  // today's
    std::uint32_t attested_today = 0, audited_today = 0;
    std::uint32_t canaries = 0;
    reputation::PerformanceState performance;
    std::deque<JobNo> passed_over;  // oldest first
  };
  struct JobRow {
    JobTerms terms;
    ProviderNo provider = 0;
    Tier tier = Tier::entry;
    std::uint32_t stake_factor = 0;
    std::uint32_t holdback_ppm = 0;
    std::uint64_t locked = 0;
    std::uint32_t p_ppm = 0;
    std::uint32_t redraws = 0;
    bool paid = false;  // it was settled once
    UnixMillis attested;
    UnixMillis slashed;
    std::uint64_t took_own = 0, took_unbonding = 0;
    std::optional<wire::Fault> fault;  // the slash that stands
    Digest seed;
  };

  ClassRow& row_of(Member& member, ClassNo workload);
  void close(const Member& member, const ClassRow& row, Fold& fold, std::uint64_t below) const;
  void fold_days(const Member& member, const ClassRow& row, Fold& fold, std::uint64_t below) const;
  void fold_epochs(const Member& member, const ClassRow& row, Fold& fold,
                   std::uint64_t below) const;
  void close_day(Member& member);
  void count(Member& member, ClassRow& row, JobNo job, const reputation::EventState& event);
  void refold(const Member& member, ClassRow& row) const;

  Tier tier_now(Member& member, ClassRow& row);
  std::uint64_t income_of(const Member& member, std::uint64_t days) const;
  std::uint32_t rate_of(Member& member, ClassRow& row, const JobRow& job);
  std::uint32_t pass_weight_of(ClassRow& row, const JobRow& job);
  void reweigh(ClassRow& row);
  Digest seed_of(JobNo job, wire::Reason reason, const VrfOutput& beta) const;
  VrfOutput next_output();
  Q30 performance_of(const Member& member) const;
  Q30 stake_factor_of(const Member& member) const;

  void lock(Member& member, JobRow& job);
  void release(Member& member, JobRow& job);
  void settle(Member& member, JobRow& job);
  void take_stake(Member& member, JobRow& job, std::uint32_t severity_ppm);
  void judge_as_storj(Member& member, ClassRow& row, bool valid);

  Rules rules_;
  UnixMillis now_;
  std::uint64_t epoch_ = 0;
  std::uint64_t day_ = 0;
  SeededRandom random_;
  VrfOutput coming_;  // of the next draw
  std::vector<Member> members_;
  std::vector<JobRow> jobs_;
  std::vector<JobNo> undrawn_;
};

}  // namespace assay::sim
