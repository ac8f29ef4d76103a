// How much each renter's passes have counted for in one class of one provider: what its share of
// all is asked by. One row a renter; changed with the fold of the class, and folded again with it.
#pragma once

#include <map>

#include "reputation/ledger/states.h"
#include "reputation/ledger/store.h"

namespace assay::reputation {

// What renters' passes have counted for in one class: read from their table, or where the class is
// folded from the beginning from nothing, and changed in memory. One thread; borrows.
class RenterMasses {
 public:
  RenterMasses(const ReadTxn& txn, const Digest& provider, const ClassState& state)
      : txn_(txn), provider_(provider), class_name_(state.name), anew_(state.closed_below == 0) {}

  Result<std::uint64_t> of(std::uint64_t renter);
  void set(std::uint64_t renter, std::uint64_t mass) { masses_[renter] = mass; }
  // What was changed; from the beginning: all there is, in place of what there was.
  Status write(WriteTxn& txn) const;
  // From the beginning: is it what the table holds?
  Result<bool> is_kept() const;

 private:
  Result<std::vector<KeyValue>> kept() const;

  const ReadTxn& txn_;
  const Digest& provider_;
  const std::string class_name_;
  const bool anew_;
  std::map<std::uint64_t, std::uint64_t> masses_;
};

}  // namespace assay::reputation
