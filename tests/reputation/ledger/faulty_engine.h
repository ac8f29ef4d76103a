// An engine that fails on purpose: passes everything on to another engine but for the change (put,
// erase or commit) that is to fail; what follows works again. One thread.
#pragma once

#include <memory>

#include "reputation/ledger/engine.h"

namespace assay::reputation::test {

struct Faults {
  std::uint64_t fail_change_at = 0;  // which change fails, from 1; 0: none
  std::uint64_t fail_commit_at = 0;  // which commit, counting only these
  // A failing commit does its work and then says that it failed, as after a sync error that came
  // too late to stop the data; otherwise it does nothing.
  bool commit_works = false;
  bool store_full = false;  // there is no room in it
  // Counted so far.
  std::uint64_t changes = 0;
  std::uint64_t commits = 0;
};

// The Faults are the caller's, who may look and change them at any time. `engine` may have other
// owners: it is the disk that survives.
std::unique_ptr<Engine> make_faulty_engine(std::shared_ptr<Engine> engine, Faults& faults);

}  // namespace assay::reputation::test
