// What replay.cc runs a harness with; of every harness, by harness.cc.
#pragma once

#include "tests/fuzz/fuzz.h"

namespace assay::fuzz {

struct Harness {
  const char* group;        // of formats
  const char* corpus;       // the folder of its files
  std::uint64_t mutations;  // of them, where no other number is asked for
};
extern const Harness kHarness;

}  // namespace assay::fuzz
