// Several leaves of one tree (tree.h) proven together. Pure; any thread.
#pragma once

#include "core/merkle/tree.h"

namespace assay {

// A leaf with its path.
struct InclusionProof {
  Digest leaf;
  std::uint64_t index = 0;
  std::span<const Digest> path;
};
// What verify_inclusion() says of each of them, all being of one tree and in ascending order, in
// fewer hashes: what lies above several leaves is hashed once.
//   proof        as there, or an index that is no larger than the one before it
Status verify_inclusions(std::span<const InclusionProof> leaves, std::uint64_t size,
                         const Digest& root);

}  // namespace assay
