// LMDB's data file as bytes: what lies where in a page. Reads nothing but what it is given; pure;
// any thread. Format: LMDB 0.9, data version 1, native byte order and 64 bits. For lmdb_pages.cc.
#pragma once

#include <cstring>

#include "core/base/bytes.h"

namespace assay::reputation::lmdb {

inline constexpr std::uint32_t kMagic = 0xbeefc0de;
inline constexpr std::uint32_t kDataVersion = 1;
inline constexpr std::uint64_t kNoPage = ~std::uint64_t{0};
inline constexpr std::size_t kPageHeader = 16, kNodeHeader = 8, kTreeBytes = 48, kMetaBytes = 136;
inline constexpr std::size_t kKeyMax = 511;
inline constexpr unsigned kDepthMax = 31;  // LMDB's cursors hold 32 levels
inline constexpr std::uint16_t kBranch = 1, kLeaf = 2, kOverflow = 4, kMeta = 8;
inline constexpr std::uint16_t kBigValue = 1, kTreeValue = 2;
inline constexpr std::uint16_t kIntegerKeys = 8;

template <class T>
T at(ByteView bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

struct Tree {
  Tree() = default;
  explicit Tree(ByteView bytes)
      : flags(at<std::uint16_t>(bytes, 4)),
        depth(at<std::uint16_t>(bytes, 6)),
        entries(at<std::uint64_t>(bytes, 32)),
        root(at<std::uint64_t>(bytes, 40)) {}
  std::uint16_t flags = 0;
  std::uint16_t depth = 0;
  std::uint64_t entries = 0;
  std::uint64_t root = kNoPage;
};

struct Node {
  ByteView key;
  ByteView value;           // leaf
  std::uint16_t flags = 0;  // leaf
  std::uint64_t size = 0;   // leaf: of the value, wherever it is
  std::uint64_t child = 0;  // branch
};

// What is in a page of records.
struct Page {
  ByteView bytes;
  bool leaf = false;

  std::size_t lower() const { return at<std::uint16_t>(bytes, 12); }
  std::size_t upper() const { return at<std::uint16_t>(bytes, 14); }
  std::size_t count() const { return (lower() - kPageHeader) / 2; }
  std::size_t offset(std::size_t i) const { return at<std::uint16_t>(bytes, kPageHeader + 2 * i); }
  // The bytes that node i takes by its own word, as written one after the other.
  std::uint64_t node_bytes(std::size_t i) const {
    const ByteView node = bytes.subspan(offset(i));
    std::uint64_t needed = kNodeHeader + at<std::uint16_t>(node, 6);
    if (leaf) needed += value_bytes(node);
    return needed;
  }
  // Of a page whose nodes are known to lie inside it.
  Node node(std::size_t i) const {
    const ByteView it = bytes.subspan(offset(i));
    const std::size_t key_bytes = at<std::uint16_t>(it, 6);
    Node node;
    node.key = it.subspan(kNodeHeader, key_bytes);
    const std::uint64_t low = at<std::uint16_t>(it, 0) | std::uint64_t{at<std::uint16_t>(it, 2)}
                                                             << 16;
    const auto flags = at<std::uint16_t>(it, 4);
    if (leaf) {
      node.flags = flags;
      node.size = low;
      node.value = it.subspan(kNodeHeader + key_bytes, value_bytes(it));
    } else {
      node.child = low | std::uint64_t{flags} << 32;
    }
    return node;
  }

 private:
  static std::uint64_t value_bytes(ByteView node) {
    if (at<std::uint16_t>(node, 4) == kBigValue) return sizeof(std::uint64_t);
    return at<std::uint16_t>(node, 0) | std::uint64_t{at<std::uint16_t>(node, 2)} << 16;
  }
};

}  // namespace assay::reputation::lmdb
