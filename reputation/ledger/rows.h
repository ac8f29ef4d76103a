// Reading rows out of a transaction, decoded. Private to reputation/ledger.
#pragma once

#include "reputation/ledger/view.h"

namespace assay::reputation {

template <class Row>
Result<std::optional<Row>> get_row(const ReadTxn& txn, TableId table, ByteView key) {
  Result<std::optional<Bytes>> found = txn.get(table, key);
  if (!found.ok()) return found.error();
  if (!found.value()) return std::optional<Row>{};
  Result<Row> row = decode<Row>(*found.value());
  if (!row.ok()) return row.error();
  return std::optional<Row>(std::move(row).value());
}

inline Result<std::optional<std::uint64_t>> get_index(const ReadTxn& txn, TableId table,
                                                      ByteView key) {
  Result<std::optional<Bytes>> found = txn.get(table, key);
  if (!found.ok()) return found.error();
  if (!found.value()) return std::optional<std::uint64_t>{};
  Reader in(*found.value());
  const std::uint64_t index = in.u64_be();
  if (!in.ok() || !in.at_end()) return fail(Code::storage, "an index row has a wrong size");
  return std::optional<std::uint64_t>(index);
}

// Visits rows, decoded; a row that cannot be decoded ends the visit as an error.
template <class Row, class Visit>
Status each_row(const ReadTxn& txn, TableId table, ByteView from, const Visit& visit) {
  Status problem;
  const Status scanned = txn.scan(table, from, [&](ByteView key, ByteView value) {
    Result<Row> row = decode<Row>(value);
    if (!row.ok()) {
      problem = row.error();
      return false;
    }
    return visit(key, row.value());
  });
  return scanned.ok() ? problem : scanned;
}

}  // namespace assay::reputation
