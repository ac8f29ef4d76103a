#include "core/merkle/inclusions.h"

#include <bit>

namespace assay {
namespace {

// Hashes the nodes above some leaves of a tree. `right` becomes false where a path says otherwise.
class NodesAbove {
 public:
  // The node over leaves [first, first + count), of which `leaves` are some, at least one.
  Digest node(std::span<const InclusionProof> leaves, std::uint64_t first, std::uint64_t count) {
    if (count == 1) return leaves.front().leaf;
    const std::uint64_t left = std::bit_floor(count - 1);
    std::size_t split = 0;
    while (split < leaves.size() && leaves[split].index < first + left) ++split;
    const auto of_left = leaves.first(split), of_right = leaves.subspan(split);
    ++depth_;
    const Digest a = of_left.empty() ? sibling(leaves.front()) : node(of_left, first, left);
    const Digest b =
        of_right.empty() ? sibling(leaves.front()) : node(of_right, first + left, count - left);
    for (const InclusionProof& leaf : of_left) right = right && sibling(leaf) == b;
    for (const InclusionProof& leaf : of_right) right = right && sibling(leaf) == a;
    --depth_;
    return node_hash(a, b);
  }

  bool right = true;

 private:
  const Digest& sibling(const InclusionProof& leaf) const {
    return leaf.path[leaf.path.size() - depth_];
  }

  std::size_t depth_ = 0;
};

}  // namespace

Status verify_inclusions(std::span<const InclusionProof> leaves, std::uint64_t size,
                         const Digest& root) {
  if (leaves.empty()) return {};
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    const std::uint64_t index = leaves[i].index;
    if (index >= size || leaves[i].path.size() != inclusion_length(index, size)) {
      return verify_inclusion(leaves[i].leaf, index, size, leaves[i].path, root);
    }
    if (i > 0 && index <= leaves[i - 1].index) {
      return fail(Code::proof, "leaves of one tree out of order");
    }
  }
  NodesAbove nodes;
  const Digest top = nodes.node(leaves, 0, size);
  if (!nodes.right || top != root) {
    return fail(Code::proof, "an inclusion path does not lead to the root");
  }
  return {};
}

}  // namespace assay
