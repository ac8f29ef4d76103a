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

Result<LogAppender::Edge*> LogAppender::edge(unsigned level, std::uint64_t number) {
  if (edges_.size() <= level) edges_.resize(level + 1);
  std::optional<Edge>& edge = edges_[level];
  if (!edge || edge->number != number) {
    Result<std::optional<Bytes>> found = txn_.get(tables::kTiles, tile_key(level, number));
    if (!found.ok()) return found.error();
    edge = Edge{number, std::move(found).value().value_or(Bytes{}), false};
    edge->hashes.reserve(wire::kTileWidth * Digest::kSize);
  }
  return &*edge;
}

Status LogAppender::put(unsigned level, Edge& edge) {
  edge.is_changed = false;
  return txn_.put(tables::kTiles, tile_key(level, edge.number), edge.hashes);
}

// Puts one hash at the end of its tile; a tile that this fills hands its root to the level above.
Status LogAppender::push(unsigned level, std::uint64_t index, Digest hash) {
  while (true) {
    const Result<Edge*> found = edge(level, index / wire::kTileWidth);
    if (!found.ok()) return found.error();
    Edge& tile = *found.value();
    if (tile.hashes.size() != index % wire::kTileWidth * Digest::kSize) {
      return fail(Code::storage, "tile level " + std::to_string(level) + " number " +
                                     std::to_string(tile.number) +
                                     " does not end where the log does");
    }
    assay::append(tile.hashes, hash.view());
    tile.is_changed = true;
    if (index % wire::kTileWidth != wire::kTileWidth - 1) return {};
    if (Status done = put(level, tile); !done.ok()) return done;
    Result<std::vector<Digest>> hashes = wire::parse_tile(tile.hashes, wire::kTileWidth);
    if (!hashes.ok()) return hashes.error();
    hash = merkle_root(hashes.value());
    index /= wire::kTileWidth;
    ++level;
  }
}

Status LogAppender::append(std::uint64_t index, ByteView leaf, const Digest& hash) {
  if (Status put = txn_.append(tables::kLeaves, index_key(index), leaf); !put.ok()) return put;
  return push(0, index, hash);
}

Status LogAppender::flush() {
  for (unsigned level = 0; level < edges_.size(); ++level) {
    if (!edges_[level] || !edges_[level]->is_changed) continue;
    if (Status done = put(level, *edges_[level]); !done.ok()) return done;
  }
  return {};
}

}  // namespace assay::reputation
