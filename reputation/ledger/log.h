// The append-only log inside a store transaction: leaves by index, and the hash tiles over them.
// Threads: those of the transaction.
//
// Errors: `storage` as the store's; `not_found` for an index or tile the log does not have.
#pragma once

#include <optional>
#include <vector>

#include "core/merkle/tree.h"
#include "core/wire/leaf.h"
#include "core/wire/tile.h"
#include "reputation/ledger/store.h"

namespace assay::reputation {

class LogView {
 public:
  LogView(const ReadTxn& txn, std::uint64_t size) : txn_(txn), size_(size) {}

  std::uint64_t size() const { return size_; }
  Result<Bytes> leaf_bytes(std::uint64_t index) const;
  Result<wire::LogLeaf> leaf(std::uint64_t index) const;
  Result<Digest> leaf_hash(std::uint64_t index) const;

  // What the tile routes serve; the width is that of the path, which the log must have reached. A
  // tile is one record that grows to its full width, so there are no partial tiles to collect, and
  // each that a checkpoint ever had can still be asked for, as the beginning of the fuller one.
  Result<Bytes> tile(const wire::TilePath& path) const;

  // For roots and proofs of any size up to size().
  SubtreeReader subtrees() const;

 private:
  const ReadTxn& txn_;
  std::uint64_t size_;
};

// Appends leaves to the log inside one write transaction. The tiles at its right edge are held here
// until flush(), so that each is sealed and written once for all the leaves of a batch: whoever
// reads tiles from the transaction, or commits it, must flush first. One thread.
class LogAppender {
 public:
  explicit LogAppender(WriteTxn& txn) : txn_(txn) {}

  // Leaf number `index`, which must be the log's size. `hash` is its leaf hash.
  Status append(std::uint64_t index, ByteView leaf, const Digest& hash);
  Status flush();

 private:
  struct Edge {  // the tile of one level that grows
    std::uint64_t number = 0;
    Bytes hashes;
    bool is_changed = false;
  };
  Result<Edge*> edge(unsigned level, std::uint64_t number);
  Status put(unsigned level, Edge& edge);
  Status push(unsigned level, std::uint64_t index, Digest hash);

  WriteTxn& txn_;
  std::vector<std::optional<Edge>> edges_;  // by level
};

Bytes index_key(std::uint64_t index);

}  // namespace assay::reputation
