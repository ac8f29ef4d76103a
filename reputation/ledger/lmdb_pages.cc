#include "reputation/ledger/lmdb_pages.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "core/base/bytes.h"

namespace assay::reputation {
namespace {

constexpr std::uint32_t kMagic = 0xbeefc0de;
constexpr std::uint32_t kDataVersion = 1;
constexpr std::uint64_t kNoPage = ~std::uint64_t{0};
constexpr std::size_t kPageHeader = 16, kNodeHeader = 8, kTreeBytes = 48, kMetaBytes = 136;
constexpr std::size_t kKeyMax = 511;
constexpr unsigned kDepthMax = 31;  // LMDB's cursors hold 32 levels
constexpr std::uint16_t kBranch = 1, kLeaf = 2, kOverflow = 4, kMeta = 8;
constexpr std::uint16_t kBigValue = 1, kTreeValue = 2;
constexpr std::uint16_t kIntegerKeys = 8;

template <class T>
T at(ByteView bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

struct Tree {
  explicit Tree(ByteView bytes)
      : flags(at<std::uint16_t>(bytes, 4)),
        depth(at<std::uint16_t>(bytes, 6)),
        entries(at<std::uint64_t>(bytes, 32)),
        root(at<std::uint64_t>(bytes, 40)) {}
  std::uint16_t flags;
  std::uint16_t depth;
  std::uint64_t entries;
  std::uint64_t root;
};

struct Node {
  ByteView key;
  ByteView value;           // leaf
  std::uint16_t flags = 0;  // leaf
  std::uint64_t size = 0;   // leaf: of the value, wherever it is
  std::uint64_t child = 0;  // branch
};

// The keys that a page may hold: from low to just below high.
struct Bounds {
  const ByteView* low = nullptr;
  const ByteView* high = nullptr;
};

enum class Role { free_pages, tables, records };

bool less(Role role, ByteView a, ByteView b) {
  if (role == Role::free_pages) return at<std::uint64_t>(a, 0) < at<std::uint64_t>(b, 0);
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

class PageWalk {
 public:
  explicit PageWalk(ByteView file) : file_(file) {}

  Status run() {
    Status status = choose_meta();
    if (!status.ok()) return status;
    used_.assign(last_page_ + 1, false);
    status = walk_tree(Tree(meta_.subspan(24, kTreeBytes)), Role::free_pages);
    if (!status.ok()) return status;
    return walk_tree(Tree(meta_.subspan(24 + kTreeBytes, kTreeBytes)), Role::tables);
  }

 private:
  static Error damaged(std::uint64_t page, const char* what) {
    return fail(Code::storage, "page " + std::to_string(page) + " is damaged: " + what +
                                   "; restore the store from a backup");
  }

  // The two meta pages are written in turn, so their commits are neighbours: that tells a flipped
  // commit number, which would bring back an older state, from an older state that is the newest.
  Status choose_meta() {
    if (file_.size() < kPageHeader + kMetaBytes) return damaged(0, "it is cut short");
    page_bytes_ = at<std::uint32_t>(file_, kPageHeader + 24);
    const bool sane = page_bytes_ >= 512 && page_bytes_ <= 65536 &&
                      (page_bytes_ & (page_bytes_ - 1)) == 0 && file_.size() >= 2 * page_bytes_;
    if (!sane) return damaged(0, "impossible page size");
    std::uint64_t commits[2]{};
    for (std::uint64_t i = 0; i < 2; ++i) {
      const ByteView page = file_.subspan(i * page_bytes_, page_bytes_);
      const ByteView meta = page.subspan(kPageHeader, kMetaBytes);
      if (at<std::uint64_t>(page, 0) != i || at<std::uint16_t>(page, 10) != kMeta ||
          at<std::uint32_t>(meta, 0) != kMagic || at<std::uint32_t>(meta, 4) != kDataVersion ||
          at<std::uint32_t>(meta, 24) != page_bytes_) {
        return damaged(i, "not a meta page of this format");
      }
      commits[i] = at<std::uint64_t>(meta, 128);
    }
    const std::uint64_t newest = commits[1] > commits[0] ? 1 : 0;
    const bool neighbours =
        commits[newest] == commits[1 - newest] + 1 && (commits[newest] & 1) == newest;
    const bool fresh = commits[0] == 0 && commits[1] == 0;
    if (!neighbours && !fresh) return damaged(newest, "the commit numbers do not follow");
    meta_ = file_.subspan(newest * page_bytes_ + kPageHeader, kMetaBytes);
    last_page_ = at<std::uint64_t>(meta_, 120);
    if (last_page_ < 1 || last_page_ > (std::uint64_t{1} << 47) / page_bytes_) {
      return damaged(newest, "impossible last page");
    }
    return {};
  }

  Status walk_tree(const Tree& tree, Role role) {
    const std::uint16_t flags = role == Role::free_pages ? kIntegerKeys : 0;
    if (tree.flags != flags) return damaged(tree.root, "a tree with flags that we never use");
    if (tree.root == kNoPage) {
      if (tree.depth == 0 && tree.entries == 0) return {};
      return damaged(tree.root, "a tree without a root");
    }
    if (tree.depth < 1 || tree.depth > kDepthMax) return damaged(tree.root, "impossible depth");
    std::uint64_t entries = 0;
    const Status status = walk_page(tree.root, tree.depth, role, {}, entries);
    if (!status.ok()) return status;
    if (entries != tree.entries)
      return damaged(tree.root, "its tree says another number of records");
    return {};
  }

  // The bytes of a page that nothing else uses.
  Result<ByteView> claim(std::uint64_t page, std::uint64_t pages = 1) {
    if (page < 2 || page > last_page_ || pages > last_page_ + 1 - page) {
      return damaged(page, "outside the store");
    }
    for (std::uint64_t i = page; i < page + pages; ++i) {
      if (used_[i]) return damaged(i, "used twice");
      used_[i] = true;
    }
    if ((page + pages) * page_bytes_ > file_.size()) return damaged(page, "outside the file");
    return file_.subspan(page * page_bytes_, pages * page_bytes_);
  }

  Status walk_page(std::uint64_t number, unsigned depth, Role role, Bounds bounds,
                   std::uint64_t& entries) {
    const Result<ByteView> claimed = claim(number);
    if (!claimed.ok()) return claimed.error();
    const ByteView page = claimed.value();
    const bool leaf = depth == 1;
    const std::size_t lower = at<std::uint16_t>(page, 12), upper = at<std::uint16_t>(page, 14);
    if (at<std::uint64_t>(page, 0) != number || at<std::uint16_t>(page, 8) != 0 ||
        at<std::uint16_t>(page, 10) != (leaf ? kLeaf : kBranch) || lower < kPageHeader ||
        lower > upper || upper > page_bytes_ || lower % 2 != 0) {
      return damaged(number, "its header is impossible");
    }
    const std::size_t count = (lower - kPageHeader) / 2;
    if (count < (leaf ? 1U : 2U)) return damaged(number, "too few records");

    std::vector<Node> nodes;
    std::size_t used = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t offset = at<std::uint16_t>(page, kPageHeader + 2 * i);
      if (offset < upper || offset + kNodeHeader > page_bytes_) {
        return damaged(number, "a record outside the page");
      }
      const Result<Node> node = read_node(page.subspan(offset), number, leaf, role, used);
      if (!node.ok()) return node.error();
      nodes.push_back(node.value());
    }
    if (used != page_bytes_ - upper) return damaged(number, "records overlap or leave gaps");
    const Status order = check_order(nodes, number, leaf, role, bounds);
    if (!order.ok()) return order;
    if (leaf) {
      entries += count;
      for (const Node& node : nodes) {
        if (Status status = check_value(node, number, role); !status.ok()) return status;
      }
      return {};
    }
    for (std::size_t i = 0; i < count; ++i) {
      const Bounds inside{i == 0 ? bounds.low : &nodes[i].key,
                          i + 1 == count ? bounds.high : &nodes[i + 1].key};
      const Status status = walk_page(nodes[i].child, depth - 1, role, inside, entries);
      if (!status.ok()) return status;
    }
    return {};
  }

  static Result<Node> read_node(ByteView bytes, std::uint64_t page, bool leaf, Role role,
                                std::size_t& used) {
    Node node;
    const std::size_t key_bytes = at<std::uint16_t>(bytes, 6);
    node.size = at<std::uint16_t>(bytes, 0) | std::uint64_t{at<std::uint16_t>(bytes, 2)} << 16;
    node.flags = at<std::uint16_t>(bytes, 4);
    std::uint64_t needed = kNodeHeader + key_bytes;
    std::uint64_t value_bytes = 0;
    if (leaf) {
      if (node.flags != 0 && node.flags != kBigValue && node.flags != kTreeValue) {
        return damaged(page, "a record of a kind that we never write");
      }
      value_bytes = node.flags == kBigValue ? sizeof(std::uint64_t) : node.size;
      needed += value_bytes;
    } else {
      node.child = node.size | std::uint64_t{node.flags} << 32;
    }
    if (needed > bytes.size() || key_bytes > kKeyMax) {
      return damaged(page, "a record that does not fit its page");
    }
    // LMDB leaves the first key of a branch empty; every other has its size.
    const bool fits = role == Role::free_pages ? key_bytes == sizeof(std::uint64_t) : key_bytes > 0;
    if (leaf && !fits) return damaged(page, "a key of impossible size");
    node.key = bytes.subspan(kNodeHeader, key_bytes);
    node.value = bytes.subspan(kNodeHeader + key_bytes, value_bytes);
    used += needed + needed % 2;
    return node;
  }

  static Status check_order(const std::vector<Node>& nodes, std::uint64_t page, bool leaf,
                            Role role, Bounds bounds) {
    for (std::size_t i = leaf ? 0 : 1; i < nodes.size(); ++i) {
      const ByteView key = nodes[i].key;
      if (role == Role::free_pages && key.size() != sizeof(std::uint64_t)) {
        return damaged(page, "a key of impossible size");
      }
      const bool first = i == (leaf ? 0U : 1U);
      const bool out_of_order = (!first && !less(role, nodes[i - 1].key, key)) ||
                                (bounds.low != nullptr && less(role, key, *bounds.low)) ||
                                (bounds.high != nullptr && !less(role, key, *bounds.high));
      if (out_of_order) return damaged(page, "keys out of order");
    }
    return {};
  }

  Status check_value(const Node& node, std::uint64_t page, Role role) {
    if ((role == Role::tables) != (node.flags == kTreeValue)) {
      return damaged(page, "a record of a kind that does not belong there");
    }
    if (node.flags == kTreeValue) {
      if (node.size != kTreeBytes) return damaged(page, "a table of impossible size");
      return walk_tree(Tree(node.value), Role::records);
    }
    ByteView value = node.value;
    if (node.flags == kBigValue) {
      const auto first = at<std::uint64_t>(node.value, 0);
      const Result<ByteView> claimed = claim(first);
      if (!claimed.ok()) return claimed.error();
      const ByteView header = claimed.value();
      // A value that replaced a longer one may keep more pages than it needs.
      const std::uint64_t pages = at<std::uint32_t>(header, 12);
      if (at<std::uint64_t>(header, 0) != first || at<std::uint16_t>(header, 10) != kOverflow ||
          kPageHeader + node.size > pages * page_bytes_) {
        return damaged(first, "its header is impossible");
      }
      if (pages > 1) {
        if (const Result<ByteView> rest = claim(first + 1, pages - 1); !rest.ok()) {
          return rest.error();
        }
      }
      const ByteView big = file_.subspan(first * page_bytes_, pages * page_bytes_);
      value = big.subspan(kPageHeader, node.size);
    }
    return role == Role::free_pages ? claim_free(value, page) : Status{};
  }

  // A count and so many page numbers, descending.
  Status claim_free(ByteView value, std::uint64_t page) {
    const std::size_t room = value.size() / sizeof(std::uint64_t);
    if (room < 1 || at<std::uint64_t>(value, 0) > room - 1) {
      return damaged(page, "a list of free pages of impossible size");
    }
    std::uint64_t previous = kNoPage;
    for (std::size_t i = 1; i <= at<std::uint64_t>(value, 0); ++i) {
      const auto free_page = at<std::uint64_t>(value, i * sizeof(std::uint64_t));
      if (free_page < 2 || free_page > last_page_ || free_page >= previous || used_[free_page]) {
        return damaged(page, "a list of free pages that cannot be");
      }
      used_[free_page] = true;
      previous = free_page;
    }
    return {};
  }

  ByteView file_;
  ByteView meta_;
  std::uint64_t page_bytes_ = 0;
  std::uint64_t last_page_ = 0;
  std::vector<bool> used_;
};

Error system_error(const std::string& path, const char* doing) {
  return fail(Code::storage,
              std::string("cannot ") + doing + " '" + path + "': " + std::strerror(errno));
}

}  // namespace

Status check_lmdb_pages(const std::string& data_path) {
  const int fd = ::open(data_path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return {};
  if (fd < 0) return system_error(data_path, "open");
  struct stat info {};
  const int inspected = ::fstat(fd, &info);
  const auto bytes = static_cast<std::size_t>(info.st_size);
  if (inspected != 0 || bytes == 0) {
    ::close(fd);
    if (inspected != 0) return system_error(data_path, "inspect");
    return {};
  }
  void* const mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  if (mapped == MAP_FAILED) return system_error(data_path, "map");
  Status status = PageWalk({static_cast<const std::uint8_t*>(mapped), bytes}).run();
  ::munmap(mapped, bytes);
  return status;
}

}  // namespace assay::reputation
