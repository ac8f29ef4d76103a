// The durable store: LMDB with its default sync (never NOSYNC, NOMETASYNC, WRITEMAP or DUPSORT:
// the first two lose acknowledged transactions on a power cut, WRITEMAP turns a full disk into
// SIGBUS) and MDB_NOTLS, so that snapshots are pooled and not tied to threads.
// Threads: as store.h says. One process has a store open for writing; a process must not open the
// same folder twice at once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reputation/ledger/store.h"

namespace assay::reputation {

struct LmdbOptions {
  std::string folder;  // made if it is missing; holds data.mdb, lock.mdb and in-use
  std::vector<std::string> tables;
  std::uint64_t map_bytes = std::uint64_t{64} << 30;  // address space, not disk: preset large
  bool read_only = false;            // beside a running writer; write() answers Code::permission
  unsigned disk_limit_percent = 80;  // write() is refused when the disk is fuller than this
  // Leaf pages are checked by a thread of the store's own, and before that where an access leads to
  // them: so that a large store is open at once, and still nobody reads a page that is not checked.
  // Store::checked() tells how far it is; damage found late makes the store fail for ever.
  bool check_in_background = false;
};

// The bare engine, for wrapping in a fault-injecting twin. Errors as below.
Result<std::unique_ptr<Engine>> open_lmdb_engine(const LmdbOptions& options);

// Checks the pages (lmdb_pages.h; reads every page but large values once, unless that is left to
// the background), opens the store, clears the slots of readers that died, and makes the tables
// that are missing.
//   conflict     another process has it open for writing: names its pid
//   not_found    read_only and there is no store
//   storage      cannot be opened, is damaged, or holds a table that is not in the list (made by a
//                newer release, or damaged)
Result<std::unique_ptr<Store>> open_lmdb_store(const LmdbOptions& options);

}  // namespace assay::reputation
