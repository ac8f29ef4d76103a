// Disputes about steps too large to be run here: of one operation of a tape, what a unit reads is
// made up, committed to, and opened. Trees are as large as the real ones, and hold no more than the
// leaves that are looked at. Pure; one thread.
#pragma once

#include "core/compute/dispute/judge.h"

namespace assay::bench {

// A dispute that has come down to an element, and the file that ends it.
struct AtConviction {
  compute::Dispute dispute;
  Bytes file;
  Digest digest;  // of the file, as the move names it
};

struct Element {
  std::uint32_t operation = 0;
  std::uint64_t number = 0;
};
// Of a job of so many steps. A forged element is another one than its unit gives.
AtConviction at_conviction(const compute::Tape& tape, std::uint32_t steps, std::uint32_t step,
                           const Element& element, bool forged);

// What a judge does at the end, from the file's bytes on: was the provider wrong?
Result<bool> judged(const AtConviction& end);

}  // namespace assay::bench
