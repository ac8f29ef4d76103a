// Jobs of the verifier's own, for providers that are audited too rarely: an honest one must have at
// least a few audits a day, or nobody can tell that it is honest. They are ordered like any others,
// by renters of one job each, whose keys nobody can tell apart from a stranger's: a provider that
// worked well for its judge alone would have to know which jobs are the judge's.
//
// Not thread-safe: called by the service's tick alone.
#pragma once

#include <deque>
#include <map>

#include "verifier/service/agents.h"
#include "verifier/service/jobs.h"

namespace assay::verifier {

// Whether one job more is to be ordered. Audits are expected ones, in ppm: a job audited with
// p = .5 is half an audit. Pure.
struct TopUpCase {
  std::uint64_t audits_ppm = 0;  // of the last 24 hours, and of the jobs that run
  std::uint32_t wanted = 0;      // audits in 24 hours
  std::uint64_t spent = 0;       // of the last 24 hours, by all of them together
  std::uint64_t budget = 0;
  std::uint64_t price = 0;
};
bool is_top_up_due(const TopUpCase& it);

class TopUp {
 public:
  TopUp(Context& context, Agents& agents, Jobs& jobs)
      : context_(context), agents_(agents), jobs_(jobs) {}

  // What was ordered before: keys and times, so that a restart spends nothing twice.
  Status load();
  void tick();

  std::uint64_t ordered() const { return ordered_; }         // since the start of this process
  std::uint64_t spent_micros() const { return spent_sum_; }  // in the last 24 hours

 private:
  struct Expected {
    UnixMillis logged;
    Digest provider;
    std::uint32_t p_ppm = 0;
  };
  struct Spent {
    UnixMillis ordered;
    Digest job;
    std::uint64_t micros = 0;
  };
  struct Running {
    Digest provider;
    Digest job;
    std::uint64_t day = 0;
    std::uint32_t number = 0;
    UnixMillis ordered;
  };

  Status look();
  void forget_old(UnixMillis now);
  void end_running(UnixMillis now);
  Status order_for(const Digest& id, UnixMillis now);
  Result<wire::Order> make_order(const reputation::ProviderState& provider,
                                 const SigningKey& renter);
  SigningKey renter_key(std::uint64_t day, std::uint32_t number) const;

  Context& context_;
  Agents& agents_;
  Jobs& jobs_;
  SteadyMillis next_look_;
  std::uint64_t seen_to_ = 0;                   // attestations below this leaf are in what follows
  std::deque<Expected> expected_;               // of the last 24 hours
  std::map<Digest, std::uint64_t> audits_ppm_;  // their sum, by provider
  std::deque<Spent> spent_;
  std::uint64_t spent_sum_ = 0;
  std::map<Digest, Running> running_;  // by provider: one at a time
  // When a provider was ordered something from that it never took: for an hour it is asked no more,
  // so that it cannot keep the budget, or the log, from others.
  std::map<Digest, UnixMillis> left_alone_;
  std::uint64_t day_ = 0;
  std::uint32_t next_number_ = 0;  // of that day
  std::uint64_t ordered_ = 0;
};

}  // namespace assay::verifier
