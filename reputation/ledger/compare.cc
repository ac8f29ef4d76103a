// What reads a whole store: verify_all and compare_tables of store.h.
#include <algorithm>

#include "reputation/ledger/store.h"

namespace assay::reputation {
namespace {

constexpr std::size_t kChunk = 256;

// The next records in order of key, from `from` on.
Result<std::vector<KeyValue>> next_records(const ReadTxn& txn, TableId table, ByteView from) {
  std::vector<KeyValue> records;
  const Status scanned = txn.scan(table, from, [&](ByteView key, ByteView value) {
    records.push_back({to_bytes(key), to_bytes(value)});
    return records.size() < kChunk;
  });
  if (!scanned.ok()) return scanned.error();
  return records;
}

Error differs(const std::string& table, const Bytes& key, const char* how) {
  return fail(Code::mismatch, "table '" + table + "', key " + to_hex(key) + ": " + how);
}

Status compare_records(const std::string& table, const std::vector<KeyValue>& a,
                       const std::vector<KeyValue>& b) {
  constexpr const char* kOnlyFirst = "only the first store has it";
  constexpr const char* kOnlySecond = "only the second store has it";
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i == b.size()) return differs(table, a[i].key, kOnlyFirst);
    if (i == a.size()) return differs(table, b[i].key, kOnlySecond);
    if (a[i].key < b[i].key) return differs(table, a[i].key, kOnlyFirst);
    if (b[i].key < a[i].key) return differs(table, b[i].key, kOnlySecond);
    if (a[i].value != b[i].value) return differs(table, a[i].key, "the values differ");
  }
  return {};
}

}  // namespace

Result<std::vector<std::uint64_t>> verify_all(const ReadTxn& txn) {
  std::vector<std::uint64_t> counts;
  for (std::size_t i = 0; i < txn.table_names().size(); ++i) {
    const auto table = static_cast<TableId>(i);
    std::uint64_t seen = 0;
    Bytes previous;
    bool ordered = true;
    const Status scanned = txn.scan(table, {}, [&](ByteView key, ByteView) {
      Bytes now = to_bytes(key);
      ordered = previous < now;
      previous = std::move(now);
      ++seen;
      return ordered;
    });
    if (!scanned.ok()) return scanned.error();
    const Result<std::uint64_t> said = txn.count(table);
    if (!said.ok()) return said.error();
    if (!ordered || seen != said.value()) {
      return fail(Code::storage,
                  "table '" + txn.table_names()[i] + "' is damaged: " +
                      (ordered ? "it says that it holds " + std::to_string(said.value()) +
                                     " records and holds " + std::to_string(seen)
                               : "its keys are out of order") +
                      "; restore the store from a backup");
    }
    counts.push_back(seen);
  }
  return counts;
}

Status compare_tables(const ReadTxn& a, const ReadTxn& b, std::span<const TableId> tables) {
  ASSAY_CHECK(a.table_names() == b.table_names(), "both stores have the same tables");
  for (const TableId table : tables) {
    Bytes from;
    while (true) {
      const Result<std::vector<KeyValue>> left = next_records(a, table, from);
      if (!left.ok()) return left.error().in("first store");
      const Result<std::vector<KeyValue>> right = next_records(b, table, from);
      if (!right.ok()) return right.error().in("second store");
      const std::string& name = a.table_names()[static_cast<std::size_t>(table)];
      if (Status same = compare_records(name, left.value(), right.value()); !same.ok()) return same;
      if (left.value().size() < kChunk) break;
      from = left.value().back().key;
      from.push_back(0);  // the least key after it
    }
  }
  return {};
}

}  // namespace assay::reputation
