// The hash tiles of a log, each tied to the root of one signed head: what is handed out is what the
// head commits to, whoever served it. A full tile hashes to its place in the tile above it, and the
// partial tiles of the right edge give the root. Without that two heads could each be "proven" by
// tiles of their own.
// One thread. Source: C2SP tlog-tiles.
#pragma once

#include <map>
#include <vector>

#include "core/wire/checkpoint.h"
#include "core/wire/tile.h"

namespace assay::verifier {

class AuthenticTiles {
 public:
  // Fetches the right edge.
  //   proof        the tiles do not give the root of the head
  //   malformed    a tile of the wrong width; errors of the fetcher
  static Result<AuthenticTiles> open(const wire::Checkpoint& head, wire::TileFetcher fetch);

  std::uint64_t size() const { return size_; }

  // The hashes of one tile, as wide as the log makes it; valid until the next call.
  //   proof        beyond the log, or not what the head commits to; others as open()
  Result<const std::vector<Digest>*> tile(unsigned level, std::uint64_t index);

  // For roots and proofs of any size up to size(). Borrows this.
  SubtreeReader subtrees();

 private:
  AuthenticTiles(std::uint64_t size, wire::TileFetcher fetch)
      : size_(size), fetch_(std::move(fetch)) {}

  Result<std::vector<Digest>> fetched(unsigned level, std::uint64_t index) const;
  Result<Digest> subtree(unsigned level, std::uint64_t index);

  struct Full {
    std::uint64_t index = 0;
    std::vector<Digest> hashes;
  };

  std::uint64_t size_;
  wire::TileFetcher fetch_;
  std::map<unsigned, std::vector<Digest>> edge_;  // the partial tile of each level that has one
  std::map<unsigned, Full> last_;                 // the full tile of each level that was read last
};

}  // namespace assay::verifier
