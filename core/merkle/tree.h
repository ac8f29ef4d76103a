// RFC 6962 Merkle trees over SHA-256: leaf hash SHA-256(0x00 || data), node SHA-256(0x01 || l ||
// r), empty tree SHA-256(""). Pure; values; any thread. Vectors: vectors/merkle/.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "core/crypto/sha256.h"

namespace assay {

Digest leaf_hash(ByteView data);
Digest node_hash(const Digest& left, const Digest& right);
// The leaf hashes of data cut into out.size() leaves of leaf_bytes each, many at once.
void leaf_hashes(ByteView data, std::size_t leaf_bytes, std::span<Digest> out);

// Root over leaf hashes.
Digest merkle_root(std::span<const Digest> leaves);

// Verifies an inclusion path (RFC 9162 2.1.3.2). The path length is exact.
//   proof        index >= size, a path of the wrong length, or a root that does not follow
Status verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                        std::span<const Digest> path, const Digest& root);

// Verifies a consistency path (RFC 9162 2.1.4.2). old_size 0 takes an empty path and any root.
//   proof        old_size > size, a path of the wrong length, or roots that do not follow
Status verify_consistency(std::uint64_t old_size, const Digest& old_root, std::uint64_t size,
                          const Digest& root, std::span<const Digest> path);

// Length of the inclusion path for this index and size; index < size.
std::size_t inclusion_length(std::uint64_t index, std::uint64_t size);

// The hash of the complete subtree of 2^level leaves that is number `index` at its level.
// A tree of any size is read through this, wherever its hashes are kept (memory, tiles, LMDB).
using SubtreeReader = std::function<Result<Digest>(unsigned level, std::uint64_t index)>;

// Root and proofs of the first `size` leaves, from complete subtrees only.
// Errors are the reader's; `proof` when the arguments are out of range.
Result<Digest> root_of(std::uint64_t size, const SubtreeReader& read);
Result<std::vector<Digest>> inclusion_path(std::uint64_t index, std::uint64_t size,
                                           const SubtreeReader& read);
Result<std::vector<Digest>> consistency_path(std::uint64_t old_size, std::uint64_t size,
                                             const SubtreeReader& read);

// A whole tree in memory: every complete subtree hash, appended to at the right edge.
class Tree {
 public:
  Tree() = default;
  explicit Tree(std::span<const Digest> leaves);

  void append(const Digest& leaf);
  std::uint64_t size() const { return levels_.empty() ? 0 : levels_[0].size(); }
  Digest root() const;
  std::vector<Digest> inclusion(std::uint64_t index) const;  // index < size()
  SubtreeReader reader() const;                              // borrows this tree

 private:
  std::vector<std::vector<Digest>> levels_;  // levels_[k][i]: complete subtree of 2^k leaves
};

}  // namespace assay
