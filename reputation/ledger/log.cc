#include "reputation/ledger/log.h"

#include "reputation/ledger/tables.h"

namespace assay::reputation {
namespace {

Bytes tile_key(unsigned level, std::uint64_t index) {
  Bytes key{static_cast<std::uint8_t>(level)};
  put_u64_be(key, index);
  return key;
}

Error missing(const std::string& what) {
  return fail(Code::not_found, "the log has no " + what);
}

// Puts one hash at the end of its tile; a tile that this fills hands its root to the level above.
Status push_hash(WriteTxn& txn, unsigned level, std::uint64_t index, Digest hash) {
  while (true) {
    const Bytes key = tile_key(level, index / wire::kTileWidth);
    Result<std::optional<Bytes>> found = txn.get(tables::kTiles, key);
    if (!found.ok()) return found.error();
    Bytes tile = std::move(found).value().value_or(Bytes{});
    if (tile.size() != index % wire::kTileWidth * Digest::kSize) {
      return fail(Code::storage, "tile level " + std::to_string(level) + " number " +
                                     std::to_string(index / wire::kTileWidth) +
                                     " does not end where the log does");
    }
    append(tile, hash.view());
    if (Status put = txn.put(tables::kTiles, key, tile); !put.ok()) return put;
    if (index % wire::kTileWidth != wire::kTileWidth - 1) return {};
    Result<std::vector<Digest>> hashes = wire::parse_tile(tile, wire::kTileWidth);
    if (!hashes.ok()) return hashes.error();
    hash = merkle_root(hashes.value());
    index /= wire::kTileWidth;
    ++level;
  }
}

}  // namespace

Bytes index_key(std::uint64_t index) {
  Bytes key;
  put_u64_be(key, index);
  return key;
}

Result<Bytes> LogView::leaf_bytes(std::uint64_t index) const {
  if (index >= size_) return missing("leaf " + std::to_string(index));
  Result<std::optional<Bytes>> found = txn_.get(tables::kLeaves, index_key(index));
  if (!found.ok()) return found.error();
  if (!found.value()) return fail(Code::storage, "leaf " + std::to_string(index) + " is missing");
  return std::move(*found.value());
}

Result<wire::LogLeaf> LogView::leaf(std::uint64_t index) const {
  Result<Bytes> bytes = leaf_bytes(index);
  if (!bytes.ok()) return bytes.error();
  return wire::parse_leaf(bytes.value());
}

Result<Digest> LogView::leaf_hash(std::uint64_t index) const {
  return subtrees()(0, index);
}

Result<Bytes> LogView::tile(const wire::TilePath& path) const {
  const unsigned there = wire::tile_width(path.level, path.index, size_);
  if (path.width > there) return missing(wire::tile_path_text(path));
  if (path.entries) {
    std::vector<Bytes> entries;
    for (unsigned i = 0; i < path.width; ++i) {
      Result<Bytes> leaf = leaf_bytes(path.index * wire::kTileWidth + i);
      if (!leaf.ok()) return leaf.error();
      entries.push_back(std::move(leaf).value());
    }
    return wire::encode_entries(entries);
  }
  Result<std::optional<Bytes>> found = txn_.get(tables::kTiles, tile_key(path.level, path.index));
  if (!found.ok()) return found.error();
  if (!found.value() || found.value()->size() < path.width * Digest::kSize) {
    return fail(Code::storage, wire::tile_path_text(path) + " is missing");
  }
  Bytes tile = std::move(*found.value());
  tile.resize(path.width * Digest::kSize);
  return tile;
}

SubtreeReader LogView::subtrees() const {
  return wire::read_tiles(size_, [this](const wire::TilePath& path) { return tile(path); });
}

Status append_leaf(WriteTxn& txn, std::uint64_t index, ByteView leaf) {
  if (Status put = txn.put(tables::kLeaves, index_key(index), leaf); !put.ok()) return put;
  return push_hash(txn, 0, index, leaf_hash(leaf));
}

}  // namespace assay::reputation
