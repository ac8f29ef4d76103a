// An engine that fails on purpose: passes everything on to another engine until the k-th change
// (put, erase or commit), which fails; what follows works again. One thread.
#pragma once

#include <memory>

#include "reputation/ledger/engine.h"

namespace assay::reputation::test {

struct Faults {
  std::uint64_t fail_at = 0;  // which change fails, from 1; 0: none
  // A failing commit does its work and then says that it failed, as after a sync error that came
  // too late to stop the data; otherwise it does nothing.
  bool commit_works = false;
  std::uint64_t changes = 0;  // counted so far
};

// The Faults are the caller's, who may look and change them at any time.
std::unique_ptr<Engine> make_faulty_engine(std::unique_ptr<Engine> engine, Faults& faults);

}  // namespace assay::reputation::test
