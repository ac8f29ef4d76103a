#include "core/merkle/tree.h"

#include <algorithm>
#include <bit>

#include "core/base/check.h"
#include "core/crypto/sha256_many.h"

namespace assay {
namespace {

constexpr std::uint8_t kLeafPrefix = 0x00;
constexpr std::uint8_t kNodePrefix = 0x01;

// The largest power of two below n; n >= 2.
std::uint64_t split(std::uint64_t n) {
  return std::bit_floor(n - 1);
}

// Levels at which the path of `index` can have a sibling on either side; above them the path runs
// up the right edge, where only left siblings exist.
unsigned inner_levels(std::uint64_t index, std::uint64_t size) {
  return static_cast<unsigned>(std::bit_width(index ^ (size - 1)));
}

std::uint64_t shift_right(std::uint64_t value, unsigned bits) {
  return bits >= 64 ? 0 : value >> bits;
}

// Root of the leaves [begin, begin + count), count >= 1, where begin is a multiple of a power of
// two not below count: complete subtrees from the left, folded from the right.
Result<Digest> range_root(std::uint64_t begin, std::uint64_t count, const SubtreeReader& read) {
  std::vector<Digest> subtrees;
  while (count > 0) {
    const auto level = static_cast<unsigned>(std::bit_width(count)) - 1;
    Result<Digest> subtree = read(level, begin >> level);
    if (!subtree.ok()) return subtree;
    subtrees.push_back(subtree.value());
    begin += std::uint64_t{1} << level;
    count -= std::uint64_t{1} << level;
  }
  Digest root = subtrees.back();
  for (std::size_t i = subtrees.size() - 1; i > 0; --i) root = node_hash(subtrees[i - 1], root);
  return root;
}

// The hashes of ranges listed from the root down, in the order of a path: from the bottom up.
struct Range {
  std::uint64_t begin;
  std::uint64_t count;
};
Result<std::vector<Digest>> hashes_upwards(const std::vector<Range>& ranges,
                                           const SubtreeReader& read) {
  std::vector<Digest> path;
  for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
    const Result<Digest> hash = range_root(range->begin, range->count, read);
    if (!hash.ok()) return hash.error();
    path.push_back(hash.value());
  }
  return path;
}

// The hashes of the pairs in a row; an odd one at its end has none.
std::vector<Digest> parents(std::span<const Digest> row) {
  std::vector<Digest> out(row.size() / 2);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(row.data());
  sha256_many(kNodePrefix, {bytes, out.size() * 2 * sizeof(Digest)}, 2 * sizeof(Digest), out);
  return out;
}

}  // namespace

Digest leaf_hash(ByteView data) {
  return sha256({{&kLeafPrefix, 1}, data});
}

Digest node_hash(const Digest& left, const Digest& right) {
  std::array<std::uint8_t, 65> node;
  node[0] = kNodePrefix;
  std::copy(left.bytes.begin(), left.bytes.end(), node.begin() + 1);
  std::copy(right.bytes.begin(), right.bytes.end(), node.begin() + 33);
  return sha256(node);
}

void leaf_hashes(ByteView data, std::size_t leaf_bytes, std::span<Digest> out) {
  sha256_many(kLeafPrefix, data, leaf_bytes, out);
}

Digest merkle_root(std::span<const Digest> leaves) {
  if (leaves.empty()) return sha256(ByteView{});
  std::vector<Digest> row(leaves.begin(), leaves.end());
  while (row.size() > 1) {
    std::vector<Digest> above = parents(row);
    if (row.size() % 2 != 0) above.push_back(row.back());  // rises unchanged, as in RFC 6962
    row = std::move(above);
  }
  return row[0];
}

std::size_t inclusion_length(std::uint64_t index, std::uint64_t size) {
  ASSAY_CHECK(index < size, "a leaf outside its tree has no path");
  const unsigned inner = inner_levels(index, size);
  return inner + static_cast<std::size_t>(std::popcount(shift_right(index, inner)));
}

Status verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                        std::span<const Digest> path, const Digest& root) {
  if (index >= size) {
    return fail(Code::proof, "leaf " + std::to_string(index) + " is outside a tree of " +
                                 std::to_string(size) + " leaves");
  }
  if (path.size() != inclusion_length(index, size)) {
    return fail(Code::proof, "an inclusion path of " + std::to_string(path.size()) +
                                 " hashes where leaf " + std::to_string(index) + " of " +
                                 std::to_string(size) + " has " +
                                 std::to_string(inclusion_length(index, size)));
  }
  const unsigned inner = inner_levels(index, size);
  Digest hash = leaf;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool sibling_is_right = i < inner && ((index >> i) & 1) == 0;
    hash = sibling_is_right ? node_hash(hash, path[i]) : node_hash(path[i], hash);
  }
  if (hash != root) return fail(Code::proof, "the inclusion path does not lead to the root");
  return {};
}

Status verify_consistency(std::uint64_t old_size, const Digest& old_root, std::uint64_t size,
                          const Digest& root, std::span<const Digest> path) {
  const Error wrong_length = fail(Code::proof, "a consistency path of the wrong length");
  if (old_size > size) {
    return fail(Code::proof, "the tree shrank from " + std::to_string(old_size) + " to " +
                                 std::to_string(size) + " leaves");
  }
  if (old_size == 0 || old_size == size) {
    if (!path.empty()) return wrong_length;
    if (old_size == size && old_root != root) {
      return fail(Code::proof, "two roots of one size differ");
    }
    return {};
  }
  // RFC 9162 2.1.4.2, with its names. A complete old tree is its own first path entry.
  std::uint64_t fn = old_size - 1;
  std::uint64_t sn = size - 1;
  const auto complete_levels = static_cast<unsigned>(std::countr_one(fn));
  fn = shift_right(fn, complete_levels);
  sn = shift_right(sn, complete_levels);
  const bool old_is_complete = std::has_single_bit(old_size);
  if (path.empty()) return wrong_length;
  Digest fr = old_is_complete ? old_root : path[0];
  Digest sr = fr;
  for (const Digest& c : path.subspan(old_is_complete ? 0 : 1)) {
    if (sn == 0) return wrong_length;
    if ((fn & 1) != 0 || fn == sn) {
      fr = node_hash(c, fr);
      sr = node_hash(c, sr);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      sr = node_hash(sr, c);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return wrong_length;
  if (fr != old_root || sr != root) {
    return fail(Code::proof, "the consistency path does not lead to both roots");
  }
  return {};
}

Result<Digest> root_of(std::uint64_t size, const SubtreeReader& read) {
  if (size == 0) return merkle_root({});
  return range_root(0, size, read);
}

Result<std::vector<Digest>> inclusion_path(std::uint64_t index, std::uint64_t size,
                                           const SubtreeReader& read) {
  if (index >= size) {
    return fail(Code::proof, "leaf " + std::to_string(index) + " is outside a tree of " +
                                 std::to_string(size) + " leaves");
  }
  std::vector<Range> siblings;
  for (Range here{0, size}; here.count > 1;) {
    const std::uint64_t k = split(here.count);
    const Range left{here.begin, k};
    const Range right{here.begin + k, here.count - k};
    const bool go_left = index < right.begin;
    siblings.push_back(go_left ? right : left);
    here = go_left ? left : right;
  }
  return hashes_upwards(siblings, read);
}

Result<std::vector<Digest>> consistency_path(std::uint64_t old_size, std::uint64_t size,
                                             const SubtreeReader& read) {
  if (old_size > size) {
    return fail(Code::proof, "no path leads from " + std::to_string(old_size) + " leaves back to " +
                                 std::to_string(size));
  }
  if (old_size == 0) return std::vector<Digest>{};
  // SUBPROOF of RFC 9162 2.1.4.1: down the edge between the old leaves and the new ones.
  std::vector<Range> ranges;
  Range here{0, size};
  while (here.begin + here.count != old_size) {
    const std::uint64_t k = split(here.count);
    const Range left{here.begin, k};
    const Range right{here.begin + k, here.count - k};
    const bool go_left = old_size <= right.begin;
    ranges.push_back(go_left ? right : left);
    here = go_left ? left : right;
  }
  if (here.begin != 0) ranges.push_back(here);
  return hashes_upwards(ranges, read);
}

Tree::Tree(std::span<const Digest> leaves) {
  if (leaves.empty()) return;
  levels_.emplace_back(leaves.begin(), leaves.end());
  while (levels_.back().size() > 1) levels_.push_back(parents(levels_.back()));
}

void Tree::append(const Digest& leaf) {
  Digest hash = leaf;
  for (std::size_t level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back();
    std::vector<Digest>& row = levels_[level];
    row.push_back(hash);
    if (row.size() % 2 != 0) return;
    hash = node_hash(row[row.size() - 2], row.back());
  }
}

Digest Tree::root() const {
  return root_of(size(), reader()).value();
}

std::vector<Digest> Tree::inclusion(std::uint64_t index) const {
  ASSAY_CHECK(index < size(), "a leaf outside its tree has no path");
  return inclusion_path(index, size(), reader()).value();
}

SubtreeReader Tree::reader() const {
  return [this](unsigned level, std::uint64_t index) -> Result<Digest> {
    if (level >= levels_.size() || index >= levels_[level].size()) {
      return fail(Code::proof, "subtree " + std::to_string(index) + " of level " +
                                   std::to_string(level) + " is not complete");
    }
    return levels_[level][index];
  };
}

}  // namespace assay
