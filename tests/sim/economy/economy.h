// A market under a virtual clock: providers of every kind, renters whose jobs the matcher gives
// out, draws, audits, slashes, appeals and money, hour by hour. The decisions are the functions of
// reputation/policy and core/wire; scores are kept by a Book. Everything random comes from one
// seed. One thread.
//
// Within an hour: the uptime of the hour before; what is due (openings, appeals, deadlines);
// orders, matching, acceptance; attestations; a draw over all of them; verdicts and slashes.
#pragma once

#include <deque>
#include <map>

#include "reputation/policy/matching.h"
#include "reputation/policy/slashing.h"
#include "tests/sim/economy/fast_book.h"
#include "tests/sim/economy/tally.h"

namespace assay::sim {

struct Setup {
  std::vector<unsigned> keys;  // of each kind, by kind_number()
  std::int32_t days = 30;      // from day 0 on; older keys live before that
  std::uint64_t seed = 1;
  AuditorOptions auditor;
};

class Economy {
 public:
  // more: the book, where it knows what the ledger does not; else null, and nobody does what needs
  // it.
  Economy(const Setup& setup, const Rules& rules, Book& book, FastBook* more, UnixMillis start);

  void run();
  const MarketResult& result() const { return result_; }
  ProviderNo providers() const { return static_cast<ProviderNo>(actors_.size()); }

 private:
  struct Actor {
    const Kind* kind = nullptr;
    std::size_t kind_no = 0;
    std::uint32_t owner = 0;  // of several keys, one after the other
    std::int32_t joins = 0;   // day
    bool joined = false;
    bool quit = false;    // works no more
    bool honest = false;  // from now on
    bool caught = false;
    bool busy = false;                 // in this hour
    bool replaced = false;             // by another key of its owner
    bool jailed = false;               // in this hour
    std::int32_t caught_on = 0;        // day
    std::int64_t caught_with = 0;      // its profit then
    std::int32_t struck_on = INT_MIN;  // the last day it was framed or attacked
    std::uint64_t offline_until = 0;   // hour
    std::uint32_t open_jobs = 0;
    std::uint64_t unsettled = 0;
    std::uint64_t bonded = 0;
    std::uint32_t farmed_today = 0;
    std::deque<std::pair<std::uint64_t, std::uint32_t>> expected;  // hours and audits, in ppm
    std::uint64_t expected_ppm = 0;                                // their sum
    std::array<Score, kWorkloads.size()> scores;
    Tally tally;
  };
  struct Job {
    JobTerms terms;
    ProviderNo provider = 0;
    Conduct conduct = Conduct::honest;
    bool wrong = false;
    bool open = false;     // counts against its provider's limits
    bool settled = false;  // and paid
    bool slashed = false;
    bool acquitted = false;  // by an appeal
    Drawn drawn;
    std::uint64_t settled_hour = 0;
    std::uint64_t slashed_hour = 0;
  };
  // Something that happens to a job in a later hour.
  enum class Due : std::uint8_t { timeout, unavailable, appeal, decided, audit };
  struct Later {
    Due due;
    JobNo job;
  };

  // economy.cc: the clock and who is there.
  void hour();
  void new_day();
  void join(Actor& actor);
  void new_key(Actor& actor, bool honest);
  void tell_uptime();
  void refresh(Actor& actor);
  void leave(Actor& actor);
  bool available(const Actor& actor) const;
  bool may_work(const Actor& actor, ClassNo workload) const;  // as the ledger sees it
  static bool is_tombstoned(const Actor& actor);
  bool is_vetted(const Actor& actor, std::size_t workload) const;
  const Plan& plan_of(const Actor& actor) const { return actor.kind->plan; }
  std::int32_t day() const { return day_; }
  bool chance(std::uint32_t ppm) { return random_.below(kMillion) < ppm; }

  // economy_jobs.cc: from order to draw.
  void give_out_jobs();
  void farm(Actor& actor);
  void top_up();
  bool wants(const Actor& actor, ClassNo workload) const;
  void match_order(std::vector<reputation::Candidate>& candidates, ClassNo workload);
  std::vector<reputation::Candidate> candidates_for(ClassNo workload);
  JobNo begin(const JobTerms& terms, ProviderNo provider);
  Conduct conduct_of(Actor& actor, JobNo job);
  bool cheats(const Actor& actor, ClassNo workload);
  void attest_all();
  void count_cheat(Actor& actor, const Job& job);

  // economy_audits.cc: from draw to the end.
  void draw();
  void draw_again(const Drawn& drawn);
  void audit(JobNo job);
  bool is_struck(JobNo job);
  void set_open(Job& job, bool open);
  void settle(JobNo job);
  void conclude(JobNo job, const Replayed& replayed);
  void slash(JobNo job, wire::Fault fault);
  std::int64_t held_back(const Job& job) const;
  bool advance(JobNo job, reputation::SlashEvent event);
  void decide(JobNo job);
  void due(const Later& it);
  void heed_findings();
  void later(std::uint64_t hours, Due due, JobNo job);

  // economy_end.cc: the result.
  void finish();
  void count_outcomes();
  void count_after(Actor& actor) const;
  void check_scores();
  Digest state_digest();

  const Setup setup_;
  const Rules rules_;
  Book& book_;
  FastBook* const more_;
  const UnixMillis start_;  // of the first day that anybody lives
  std::int32_t day_ = 0;
  std::uint64_t hour_ = 0;  // since the start
  SeededRandom random_;
  Auditor auditor_;
  std::vector<Actor> actors_;   // by ProviderNo once they joined; in order of joining
  std::vector<Actor> waiting_;  // not joined yet, by day, the next one last
  std::uint32_t owners_ = 0;
  std::vector<Job> jobs_;
  std::vector<JobNo> working_;                         // accepted in this hour, to be attested
  std::map<std::uint64_t, std::vector<Later>> later_;  // by hour
  std::map<JobNo, reputation::SlashCase> cases_;
  bool verifier_alive_ = true;
  std::uint32_t demand_ = 0;           // twenty-fourths of an order
  std::deque<std::uint64_t> top_ups_;  // hours, of the last 24
  std::uint32_t top_up_renters_ = 0;
  MarketResult result_;
};

}  // namespace assay::sim
