#include "reputation/ledger/state_hash.h"

namespace assay::reputation {
namespace {

void hash_field(Sha256& hash, ByteView field) {
  Bytes length;
  put_u64_be(length, field.size());
  hash.update(length);
  hash.update(field);
}

}  // namespace

Result<Digest> state_hash(const ReadTxn& txn, std::span<const TableId> tables) {
  Sha256 hash;
  for (const TableId table : tables) {
    hash_field(hash, as_bytes(txn.table_names()[static_cast<std::size_t>(table)]));
    const Result<std::uint64_t> count = txn.count(table);
    if (!count.ok()) return count.error();
    Bytes number;
    put_u64_be(number, count.value());
    hash.update(number);
    const Status scanned = txn.scan(table, {}, [&](ByteView key, ByteView value) {
      hash_field(hash, key);
      hash_field(hash, value);
      return true;
    });
    if (!scanned.ok()) return scanned.error();
  }
  return hash.finish();
}

}  // namespace assay::reputation
