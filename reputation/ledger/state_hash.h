// All that a store holds as one digest. Pure; the transaction's thread.
#pragma once

#include "core/crypto/sha256.h"
#include "reputation/ledger/store.h"

namespace assay::reputation {

// SHA-256 over each table's name and number of records, then every record in order of key: key and
// value, each with its length as u64 BE before it. Two stores with one state hash hold the same.
//   storage      the store's
Result<Digest> state_hash(const ReadTxn& txn, std::span<const TableId> tables);

}  // namespace assay::reputation
