// Storage that fails when told to: an engine whose commits and room can fail over data that
// survives, and blobs that cannot be read or written for a while. One thread.
#pragma once

#include <memory>

#include "reputation/ledger/memory_store.h"
#include "reputation/ledger/tables.h"
#include "verifier/service/blobs.h"

namespace assay::test {

struct Trouble {
  std::uint64_t commits = 0;         // counted so far
  std::uint64_t fail_commit_at = 0;  // that one fails; 0: none
  bool commit_works = false;         // though it says that it failed, the data is there
  bool store_full = false;           // writes are refused
  bool blobs_unwritable = false;
  bool blobs_unreadable = false;
};

// What a disk holds: outlives the stores that are opened on it.
using Disk = std::shared_ptr<reputation::Engine>;
Disk make_disk();
std::unique_ptr<reputation::Store> open_disk(const Disk& disk, Trouble& trouble);

std::unique_ptr<verifier::Blobs> make_flaky_blobs(Trouble& trouble);

}  // namespace assay::test
