#include "verifier/authentic_tiles.h"

namespace assay::verifier {
namespace {

constexpr unsigned kTileHeight = 8;  // levels of the tree in one tile
constexpr unsigned kLevels = 8;      // of tiles over a 64-bit log

std::uint64_t hashes_at(std::uint64_t size, unsigned level) {
  return level < kLevels ? size >> (kTileHeight * level) : 0;
}

}  // namespace

Result<AuthenticTiles> AuthenticTiles::open(const wire::Checkpoint& head, wire::TileFetcher fetch) {
  AuthenticTiles tiles(head.size, std::move(fetch));
  for (unsigned level = 0; level < kLevels; ++level) {
    const std::uint64_t hashes = hashes_at(head.size, level);
    if (hashes % wire::kTileWidth == 0) continue;
    Result<std::vector<Digest>> edge = tiles.fetched(level, hashes / wire::kTileWidth);
    if (!edge.ok()) return edge.error();
    tiles.edge_.emplace(level, std::move(edge).value());
  }
  // A root is made of the complete subtrees of the size's bits: those of the right edge alone.
  Result<Digest> root = root_of(head.size, tiles.subtrees());
  if (!root.ok()) return root.error();
  if (root.value() != head.root) {
    return fail(Code::proof, "the tiles do not give the root of the head");
  }
  return tiles;
}

Result<std::vector<Digest>> AuthenticTiles::fetched(unsigned level, std::uint64_t index) const {
  const wire::TilePath path{false, level, index, wire::tile_width(level, index, size_)};
  const Result<Bytes> bytes = fetch_(path);
  if (!bytes.ok()) return bytes.error().in(wire::tile_path_text(path));
  Result<std::vector<Digest>> hashes = wire::parse_tile(bytes.value(), path.width);
  if (!hashes.ok()) return hashes.error().in(wire::tile_path_text(path));
  return hashes;
}

Result<const std::vector<Digest>*> AuthenticTiles::tile(unsigned level, std::uint64_t index) {
  const std::uint64_t full = hashes_at(size_, level) / wire::kTileWidth;
  if (index == full && edge_.contains(level)) return &edge_.at(level);
  if (index >= full) return fail(Code::proof, "a tile beyond the log");
  const auto last = last_.find(level);
  if (last != last_.end() && last->second.index == index) return &last->second.hashes;
  Result<std::vector<Digest>> hashes = fetched(level, index);
  if (!hashes.ok()) return hashes.error();
  const Result<const std::vector<Digest>*> above = tile(level + 1, index / wire::kTileWidth);
  if (!above.ok()) return above.error();
  if (merkle_root(hashes.value()) != (*above.value())[index % wire::kTileWidth]) {
    return fail(Code::proof, wire::tile_path_text({false, level, index, wire::kTileWidth}) +
                                 ": not what the head commits to");
  }
  Full& kept = last_[level];
  kept = {index, std::move(hashes).value()};
  return &kept.hashes;
}

Result<Digest> AuthenticTiles::subtree(unsigned level, std::uint64_t index) {
  if (level >= kTileHeight * kLevels || index >= (size_ >> level)) {
    return fail(Code::proof, "tiles: subtree " + std::to_string(index) + " of level " +
                                 std::to_string(level) + " is not complete");
  }
  const unsigned inner = level % kTileHeight;
  const std::uint64_t first = index << inner;
  const Result<const std::vector<Digest>*> hashes =
      tile(level / kTileHeight, first / wire::kTileWidth);
  if (!hashes.ok()) return hashes.error();
  return merkle_root(
      std::span(*hashes.value()).subspan(first % wire::kTileWidth, std::size_t{1} << inner));
}

SubtreeReader AuthenticTiles::subtrees() {
  return [this](unsigned level, std::uint64_t index) { return subtree(level, index); };
}

}  // namespace assay::verifier
