// Storage that fails when told to: a store over data that survives, and blobs that cannot be read
// or written for a while. One thread.
#pragma once

#include <memory>

#include "reputation/ledger/memory_store.h"
#include "reputation/ledger/tables.h"
#include "tests/reputation/ledger/faulty_engine.h"
#include "verifier/service/blobs.h"

namespace assay::test {

struct Trouble : reputation::test::Faults {
  bool blobs_unwritable = false;
  bool blobs_unreadable = false;
};

// What a disk holds: outlives the stores that are opened on it.
using Disk = std::shared_ptr<reputation::Engine>;
Disk make_disk();
std::unique_ptr<reputation::Store> open_disk(const Disk& disk, Trouble& trouble);

std::unique_ptr<verifier::Blobs> make_flaky_blobs(Trouble& trouble);

}  // namespace assay::test
