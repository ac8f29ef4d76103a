// C2SP tlog-tiles: where the log's hashes and entries lie, and what is in those files.
// Values and pure functions; any thread. Vectors: vectors/tlog/.
//
//   tile/0/001.p/44          hashes 256..299 of level 0, of a log of 300 leaves
//   tile/2/x001/234          hashes 256*1234… of level 2, a full tile
//   tile/entries/001.p/44    the leaves themselves
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/merkle/tree.h"

namespace assay::wire {

inline constexpr unsigned kTileWidth = 256;    // hashes or entries of a full tile
inline constexpr unsigned kTileLevelMax = 63;  // what a path may say; a 64-bit log has levels 0..7
inline constexpr std::size_t kEntryBytesMax = 0xFFFF;

struct TilePath {
  bool entries = false;  // an entry bundle; its level is 0
  unsigned level = 0;
  std::uint64_t index = 0;
  unsigned width = kTileWidth;  // 1..256
  bool operator==(const TilePath&) const = default;
};

// Relative to the log's prefix, without a leading slash.
std::string tile_path_text(const TilePath& path);
//   malformed    any other spelling than tile_path_text()'s
Result<TilePath> parse_tile_path(std::string_view text);

// How wide this tile is in a log of `size` leaves: 256 when full, 0 when it is not there.
unsigned tile_width(unsigned level, std::uint64_t index, std::uint64_t size);

// A tile's bytes: its hashes, 32 bytes each.
Bytes encode_tile(std::span<const Digest> hashes);
//   malformed    not exactly width hashes
Result<std::vector<Digest>> parse_tile(ByteView bytes, unsigned width);

// A bundle's bytes: each entry after its length as u16 BE. At most kEntryBytesMax bytes each.
Bytes encode_entries(std::span<const Bytes> entries);
//   malformed    not exactly width entries, or bytes left over
Result<std::vector<Bytes>> parse_entries(ByteView bytes, unsigned width);

// Gets the bytes of one hash tile of the log, from wherever they are.
using TileFetcher = std::function<Result<Bytes>(const TilePath&)>;

// Reads the complete subtrees of a log of `size` leaves from its tiles, for root_of() and the
// proofs of core/merkle. Keeps the last tile, which often has the next subtree too; a fetcher that
// is far away should keep more. One thread, copies included.
//   proof        this subtree is not complete in a log of that size
//   malformed    a tile that is not as wide as it must be; errors of the fetcher
SubtreeReader read_tiles(std::uint64_t size, TileFetcher fetch);

}  // namespace assay::wire
