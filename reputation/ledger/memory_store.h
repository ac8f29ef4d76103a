// The store in memory, for tests, simulations and refolding: the same tables, seals, snapshots and
// rollback as LMDB, nothing durable and no limits on room.
// Threads: as store.h says.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reputation/ledger/store.h"

namespace assay::reputation {

// The bare engine, for wrapping in a fault-injecting twin.
std::unique_ptr<Engine> make_memory_engine(std::size_t tables);

std::unique_ptr<Store> make_memory_store(std::vector<std::string> tables);

}  // namespace assay::reputation
