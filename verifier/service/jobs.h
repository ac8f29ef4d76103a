// Which jobs wait for whom: offers, acceptances that ran out of time, re-matching. All of it is
// rebuilt from the ledger at start; only the offers themselves are memory alone.
// Thread-safe. Nothing here writes to the log but tick().
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <set>

#include "core/wire/poll.h"
#include "reputation/policy/audit_rate.h"
#include "verifier/service/context.h"

namespace assay::verifier {

// A provider that polled recently and would take a job.
struct Candidate {
  Digest id;
  std::string device_class;
  std::uint64_t weight = 1;  // of the draw among candidates: trust, with a floor for newcomers
  std::vector<reputation::Maintenance> maintenance{};  // announced
  std::vector<std::string> revoked{};                  // classes that it gets no jobs of
  reputation::Exposure exposure;
  std::map<std::string, reputation::Tier> tiers;  // by class; entry where there is none
};

// Why an open job waits: of those that would take a job, how many fall out for what.
struct Waiting {
  std::uint32_t free = 0;      // of its device class, and not on offer for another job
  std::uint32_t gave_up = 0;   // took it before and let its deadline pass
  std::uint32_t unwanted = 0;  // the renter named another
  std::uint32_t barred = 0;    // its class was revoked, or maintenance is announced for the time
  // A job at this price is more than their tier or stake may leave unsettled; by the limit.
  std::array<std::uint32_t, 3> exposed{};
};

class Jobs {
 public:
  explicit Jobs(Context& context) : context_(context) {}

  Status load();

  // Called after a statement about this job has been logged.
  void refresh(const Digest& job);

  std::size_t open_count() const;
  std::size_t queue_length() const;  // open and accepted

  // The jobs on offer to this provider now.
  Result<std::vector<wire::Offer>> offers_for(const Digest& provider) const;
  // Who is at this job: has accepted it, and neither attested it nor run out of time.
  std::optional<Digest> worker(const Digest& job) const;
  bool is_busy(const Digest& provider) const;
  std::set<Digest> busy() const;  // those who have accepted a job and not attested it
  // None: it is not open, is on offer, or was not looked at yet.
  std::optional<Waiting> waiting(const Digest& job) const;

  // Names a provider for every open job that has none, and takes back offers nobody accepted.
  void match(const std::vector<Candidate>& candidates);
  // Logs the timeout of every acceptance whose deadline has passed, and tells its provider; warns
  // those whose deadline is near.
  void expire(UnixMillis alive_since);

 private:
  struct OpenJob {
    reputation::JobState state;
    std::optional<Digest> offered_to;
    SteadyMillis offer_ends;
    std::optional<Waiting> waiting;
  };

  std::vector<const Candidate*> able(OpenJob& job, const std::vector<Candidate>& candidates,
                                     const std::set<Digest>& taken) const;

  bool has_inputs(const reputation::JobState& job) const;
  void take_in(const Digest& id, const reputation::JobState& job);  // under the lock
  void drop(const Digest& id);                                      // likewise
  void warn(const Digest& id, const reputation::JobState& job) const;
  void tell_timeout(const Digest& id, const reputation::JobState& job, std::uint64_t log_index,
                    bool verifier_at_fault) const;
  bool is_barred(const Candidate& candidate, const reputation::JobState& job) const;

  Context& context_;
  mutable std::mutex mutex_;
  std::map<Digest, OpenJob> open_;
  std::map<Digest, reputation::JobState> accepted_;
  std::set<std::pair<Digest, Digest>> at_work_;  // providers, each with a job of accepted_
  std::set<Digest> warned_;                      // of those, whose deadline is near
};

}  // namespace assay::verifier
