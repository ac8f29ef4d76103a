// What happened to one provider in one class in one epoch, gathered: the order in which the log has
// it changes nothing. Values; any thread.
#pragma once

#include <map>

#include "reputation/ledger/states.h"

namespace assay::reputation {

// What passes weigh once no renter has more than its share: what of them has counted so far.
struct PassMass {
  std::uint32_t carry = 0;                            // sixteenths that are not a whole pass yet
  std::uint64_t total = 0;                            // sixteenths of everybody
  std::map<std::uint64_t, std::uint64_t> of_renters;  // by renter_number(); those that matter here
};

// How the fold takes the events of one epoch: passes, then soft failures, then proven fraud.
struct EpochEvents {
  std::uint64_t passes = 0;                           // of any weight
  std::map<std::uint64_t, std::uint64_t> sixteenths;  // what they weigh before the cap, by renter
  std::uint64_t seconds = 0;                          // of the jobs that passed
  std::uint32_t reports = 0;
  EpochCounts others;                         // all but its `passes`
  std::map<Digest, PerformanceRound> rounds;  // by their names

  void add(const EventState& event);
  // Anything that the record is a fold of?
  bool is_evidence() const { return passes > 0 || others.soft > 0 || others.proven > 0; }
  // What fold_epoch() counts: `mass` is how it stood before, with every renter of `sixteenths` in
  // it, and is changed to how it stands then. 0, nobody's passes, is capped by nothing.
  EpochCounts counts(PassMass& mass) const;
};

}  // namespace assay::reputation
