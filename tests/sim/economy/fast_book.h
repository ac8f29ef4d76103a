// The rules of reputation/ledger on the pure functions of reputation/, kept in plain values: what a
// log of the same statements would make of its providers, a thousand times faster. A test holds it
// to the ledger, byte for byte (twin_book.h).
//
// The VRF is behind a seam: a draw's output is 64 bytes of a seeded generator; seeds and coins are
// those of core/wire/draw.h. One thread.
#pragma once

#include <deque>
#include <map>

#include "reputation/ledger/class_fold.h"
#include "reputation/ledger/stake_lines.h"
#include "reputation/policy/audit_rate.h"
#include "tests/sim/economy/book.h"
#include "tests/sim/economy/uptime_track.h"

namespace assay::sim {

// A line of a provider's history: what the fold takes.
struct Counted {
  std::uint64_t epoch = 0;
  JobNo job = 0;
  reputation::EventState event;
};

// What has counted of each renter, by its number. A value.
using Masses = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

// A class as far as it is folded, and the first events that are not. A value: previews fold a copy.
struct Fold {
  reputation::ClassState state;
  Masses masses;
  std::size_t event = 0;
  std::size_t fault = 0;
  std::size_t round = 0;
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

  // A draw whose coins fell elsewhere.
  void draw_as(const std::vector<Drawn>& drawn);
  // Whether the coming draw will audit the job: what a leaked VRF key tells before it is attested.
  bool foresee(JobNo job) const;

  // The history of a class: its own events and the faults that count in it.
  std::vector<Counted> history(ProviderNo provider, ClassNo workload) const;
  // Folded from nothing, in one go.
  reputation::ClassState refolded(ProviderNo provider, ClassNo workload) const;
  const Rules& rules() const { return rules_; }

 private:
  struct Round {
    std::uint64_t epoch = 0;
    std::uint32_t measured_ppm = 0;
  };
  struct ClassRow {
    Fold fold;
    std::vector<Counted> events;  // passes and soft failures, by epoch
    std::vector<Round> rounds;
    std::uint64_t valid_in_a_row = 0;                  // BOINC's
    std::uint64_t alpha_ppm = kMillion, beta_ppm = 0;  // Storj's
  };
  struct Member {
    explicit Member(std::uint64_t day, std::uint64_t epoch) : since_day(day), uptime(epoch) {}
    std::uint64_t since_day;
    UptimeTrack uptime;
    std::map<ClassNo, ClassRow> classes = {};
    std::vector<Counted> faults = {};
    reputation::StakeState stake = {};
    std::vector<reputation::LoggedLine> lines = {};  // by when they came, which is their `leaf`
    std::vector<reputation::DayState> days = {};     // how they ended, from since_day on
    std::uint64_t income = 0;                        // today's
    std::deque<JobNo> attested = {};                 // within retention, oldest first
  };
  enum class Audit : std::uint8_t { none, undrawn, passed_over, due, done };
  // The slash that stands about a job.
  struct Slash {
    wire::Fault fault = wire::Fault::wrong_result;
    std::uint64_t line = 0;  // of stake; 0: it took nothing
    std::uint64_t took = 0;
    std::uint64_t job_locked = 0;
    std::uint64_t deposit = 0;
    std::uint64_t epoch = 0;
    std::uint64_t day = 0;
  };
  struct JobRow {
    JobTerms terms;
    ProviderNo provider = 0;
    Tier tier = Tier::entry;
    std::uint32_t stake_factor = 0;
    std::uint32_t holdback_ppm = 0;
    std::uint64_t locked = 0;
    std::uint32_t p_ppm = 0;  // of the first coin
    UnixMillis accepted, attested;
    Audit audit = Audit::none;
    wire::Reason reason = wire::Reason::first;
    bool settled = false;
    bool waiting = false;  // for a second coin
    bool retro = false;    // had one, or waits for it
    wire::Outcome outcome = wire::Outcome::inconclusive;
    std::uint64_t verdict = 0;      // number of the one that stands; 0: none
    std::uint64_t verdict_day = 0;  // and its epoch
    std::uint64_t verdict_epoch = 0;
    std::optional<Slash> slash;

    bool stands() const {
      return !slash && (audit == Audit::passed_over ||
                        (audit == Audit::done && outcome == wire::Outcome::match));
    }
    bool holds_unbonding() const {
      const bool open = audit == Audit::due || (audit == Audit::done && !slash);
      return reason == wire::Reason::retro && open && !stands();
    }
  };
  struct Waiting {
    JobNo job = 0;
    std::uint32_t p_ppm = 0;
  };
  struct Said {  // a match of a worker
    JobNo job = 0;
    std::uint64_t verdict = 0;
  };

  // fast_fold.cc
  ClassRow& row_of(Member& member, ClassNo workload);
  void close(const Member& member, const ClassRow& row, Fold& fold, std::uint64_t below) const;
  void fold_epochs(const Member& member, const ClassRow& row, Fold& fold,
                   std::uint64_t below) const;
  void close_day(Member& member);
  void count(Member& member, ClassRow& row, JobNo job, const reputation::EventState& event);
  void refold(const Member& member, ClassRow& row) const;
  void refold_from(Member& member, std::uint64_t epoch);
  std::uint64_t since_of(const Member& member) const;
  std::uint32_t age_of(const Member& member) const;
  Tier tier_now(Member& member, ClassRow& row);
  std::uint64_t income_of(const Member& member, std::uint64_t days) const;

  // fast_book.cc
  std::uint32_t rate_of(Member& member, ClassRow& row, const JobRow& job);
  void settle(Member& member, JobRow& job);
  void draw_first(const Drawn& drawn);
  Digest seed_of(JobNo job, wire::Reason reason, const VrfOutput& beta) const;
  VrfOutput next_output();

  // fast_audits.cc
  void owe_retro_audits(ProviderNo provider, std::uint64_t reachable);
  void draw_again(const Drawn& drawn);
  static void hold(Member& member, const JobRow& job, bool held);
  bool void_match(const Said& said);
  void judge_as_storj(Member& member, ClassRow& row, bool valid);

  // fast_stake.cc
  reputation::Taken enter_line(Member& member, reputation::StakeLine line);
  static void lock(Member& member, JobRow& job, std::uint64_t wanted);
  static void lock(Member& member, JobRow& job);
  static void release(Member& member, JobRow& job);
  void take_stake(Member& member, JobRow& job, Slash& slash, std::uint32_t severity_ppm);
  void take_back_line(Member& member, const Slash& slash);
  std::uint64_t reachable_of(const reputation::StakeState& row) const;

  Rules rules_;
  UnixMillis now_;
  std::uint64_t epoch_ = 0;
  std::uint64_t day_ = 0;
  SeededRandom random_;
  VrfOutput coming_;  // of the next draw
  std::uint64_t lines_ = 0;
  std::uint64_t verdicts_ = 0;
  std::vector<Member> members_;
  std::vector<JobRow> jobs_;
  std::vector<JobNo> undrawn_;
  std::vector<Waiting> waiting_;
  std::vector<std::vector<Said>> workers_;  // since they were last proven
};

}  // namespace assay::sim
