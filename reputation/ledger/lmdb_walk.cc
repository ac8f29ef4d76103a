#include "reputation/ledger/lmdb_walk.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "reputation/ledger/lmdb_format.h"

namespace assay::reputation {

using namespace lmdb;

namespace {

constexpr unsigned kLeavesAtOnce = 32;  // of walk(), between which others may look

// The keys that a page may hold: from low to just below high.
struct Bounds {
  std::optional<ByteView> low;
  std::optional<ByteView> high;
};

// A leaf page, and where it stands in its tree.
struct Place {
  std::uint64_t page = 0;
  Bounds bounds;
};

enum class Role { free_pages, tables, records };
enum class Side { holds, before };  // the leaf of a key, or the last one all of whose keys are less

bool less(Role role, ByteView a, ByteView b) {
  if (role == Role::free_pages) return at<std::uint64_t>(a, 0) < at<std::uint64_t>(b, 0);
  const int order = std::memcmp(a.data(), b.data(), std::min(a.size(), b.size()));
  return order != 0 ? order < 0 : a.size() < b.size();
}

Error damaged(std::uint64_t page, const char* what) {
  return fail(Code::storage, "page " + std::to_string(page) + " is damaged: " + what +
                                 "; restore the store from a backup");
}

class Pages final : public PageWalk {
 public:
  explicit Pages(MappedFile file) : mapped_(std::move(file)), file_(mapped_.view()) {}

  Status begin() {
    Status status = choose_meta();
    if (!status.ok()) return status;
    used_.assign(last_page_ + 1, false);
    checked_.assign(last_page_ + 1, false);
    status = walk_tree(Tree(meta_.subspan(24, kTreeBytes)), Role::free_pages);
    if (!status.ok()) return status;
    status = walk_tree(Tree(meta_.subspan(24 + kTreeBytes, kTreeBytes)), Role::tables);
    next_table_ = tables_.begin();
    return status;
  }

  Status look(const std::string& name, ByteView key) override {
    const auto table = tables_.find(name);
    if (table == tables_.end() || table->second.tree.root == kNoPage) return {};
    const Place here = find(table->second.tree, key, Side::holds);
    if (Status status = check_leaf(table->second, here); !status.ok()) return status;
    if (here.bounds.low) {
      const Place left = find(table->second.tree, *here.bounds.low, Side::before);
      if (Status status = check_leaf(table->second, left); !status.ok()) return status;
    }
    if (!here.bounds.high) return {};
    return check_leaf(table->second, find(table->second.tree, *here.bounds.high, Side::holds));
  }

  Result<bool> step() override {
    for (unsigned i = 0; i < kLeavesAtOnce && next_table_ != tables_.end(); ++i) {
      Table& table = next_table_->second;
      const bool has_leaves = table.tree.root != kNoPage;
      const Place here = has_leaves ? find(table.tree, next_key_, Side::holds) : Place{};
      if (has_leaves) {
        if (Status status = check_leaf(table, here); !status.ok()) return status.error();
      }
      if (here.bounds.high) {
        next_key_ = *here.bounds.high;
        continue;
      }
      if (table.entries != table.tree.entries) {
        return damaged(table.tree.root, "its tree says another number of records");
      }
      next_key_ = {};
      ++next_table_;
    }
    return next_table_ == tables_.end();
  }

  PageProgress progress() const override { return progress_; }

 private:
  struct Table {
    Tree tree;
    std::uint64_t entries = 0;  // in the leaves checked
  };

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
      const ByteView page = bytes_of(i);
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
    // A copy: the next commit but one writes over it.
    const ByteView meta = bytes_of(newest).subspan(kPageHeader, kMetaBytes);
    std::copy(meta.begin(), meta.end(), meta_bytes_.begin());
    last_page_ = at<std::uint64_t>(meta_, 120);
    if (last_page_ < 1 || last_page_ > (std::uint64_t{1} << 47) / page_bytes_) {
      return damaged(newest, "impossible last page");
    }
    return {};
  }

  ByteView bytes_of(std::uint64_t page, std::uint64_t pages = 1) const {
    return file_.subspan(page * page_bytes_, pages * page_bytes_);
  }

  // All of the tree, but for the leaf pages of records, which are only counted and claimed.
  Status walk_tree(const Tree& tree, Role role) {
    const std::uint16_t flags = role == Role::free_pages ? kIntegerKeys : 0;
    if (tree.flags != flags) return damaged(tree.root, "a tree with flags that we never use");
    if (tree.root == kNoPage) {
      if (tree.depth == 0 && tree.entries == 0) return {};
      return damaged(tree.root, "a tree without a root");
    }
    if (tree.depth < 1 || tree.depth > kDepthMax) return damaged(tree.root, "impossible depth");
    std::uint64_t entries = 0;
    const Status status = walk_page({tree.root, {}}, tree.depth, role, entries);
    if (!status.ok() || role == Role::records) return status;
    if (entries != tree.entries) {
      return damaged(tree.root, "its tree says another number of records");
    }
    return {};
  }

  Status walk_page(const Place& place, unsigned depth, Role role, std::uint64_t& entries) {
    if (Status claimed = claim(place.page); !claimed.ok()) return claimed;
    if (depth == 1 && role == Role::records) {
      ++progress_.leaf_pages;
      return {};
    }
    const Page page{bytes_of(place.page), depth == 1};
    if (Status sound = check_page(page, place, role); !sound.ok()) return sound;
    const std::size_t count = page.count();
    if (page.leaf) {
      entries += count;
      return check_values(page, place.page, role);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const Status status = walk_page(child(page, i, place.bounds), depth - 1, role, entries);
      if (!status.ok()) return status;
    }
    return {};
  }

  static Place child(const Page& page, std::size_t i, const Bounds& around) {
    const Node node = page.node(i);
    Place out{node.child, around};
    if (i > 0) out.bounds.low = node.key;
    if (i + 1 < page.count()) out.bounds.high = page.node(i + 1).key;
    return out;
  }

  // Down the branch pages, which begin() has checked. The first key of a branch stands for "less
  // than all others", whatever it is.
  Place find(const Tree& tree, ByteView key, Side side) const {
    Place here{tree.root, {}};
    for (unsigned depth = tree.depth; depth > 1; --depth) {
      const Page page{bytes_of(here.page), false};
      std::size_t low = 0, high = page.count() - 1;
      while (low < high) {
        const std::size_t middle = (low + high + 1) / 2;
        const ByteView separator = page.node(middle).key;
        const bool beyond = side == Side::holds ? less(Role::records, key, separator)
                                                : !less(Role::records, separator, key);
        if (beyond) {
          high = middle - 1;
        } else {
          low = middle;
        }
      }
      here = child(page, low, here.bounds);
    }
    return here;
  }

  Status check_leaf(Table& table, const Place& place) {
    if (checked_[place.page]) return {};
    const Page page{bytes_of(place.page), true};
    if (Status sound = check_page(page, place, Role::records); !sound.ok()) return sound;
    if (Status sound = check_values(page, place.page, Role::records); !sound.ok()) return sound;
    checked_[place.page] = true;
    table.entries += page.count();
    ++progress_.checked;
    return {};
  }

  // Takes pages that nothing else uses.
  Status claim(std::uint64_t page, std::uint64_t pages = 1) {
    if (page < 2 || page > last_page_ || pages > last_page_ + 1 - page) {
      return damaged(page, "outside the store");
    }
    for (std::uint64_t i = page; i < page + pages; ++i) {
      if (used_[i]) return damaged(i, "used twice");
      used_[i] = true;
    }
    if ((page + pages) * page_bytes_ > file_.size()) return damaged(page, "outside the file");
    return {};
  }

  Status check_page(const Page& page, const Place& place, Role role) const {
    const std::uint64_t number = place.page;
    const std::size_t lower = page.lower(), upper = page.upper();
    if (at<std::uint64_t>(page.bytes, 0) != number || at<std::uint16_t>(page.bytes, 8) != 0 ||
        at<std::uint16_t>(page.bytes, 10) != (page.leaf ? kLeaf : kBranch) || lower < kPageHeader ||
        lower > upper || upper > page_bytes_ || lower % 2 != 0) {
      return damaged(number, "its header is impossible");
    }
    const std::size_t count = page.count();
    if (count < (page.leaf ? 1U : 2U)) return damaged(number, "too few records");
    std::uint64_t used = 0;
    ByteView before;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t offset = page.offset(i);
      if (offset < upper || offset + kNodeHeader > page_bytes_) {
        return damaged(number, "a record outside the page");
      }
      const std::uint64_t needed = page.node_bytes(i);
      const std::size_t key_bytes = at<std::uint16_t>(page.bytes, offset + 6);
      const auto flags = at<std::uint16_t>(page.bytes, offset + 4);
      if (page.leaf && flags != 0 && flags != kBigValue && flags != kTreeValue) {
        return damaged(number, "a record of a kind that we never write");
      }
      if (needed > page_bytes_ - offset || key_bytes > kKeyMax) {
        return damaged(number, "a record that does not fit its page");
      }
      used += needed + needed % 2;
      if (!page.leaf && i == 0) continue;  // LMDB leaves the first key of a branch empty
      const ByteView key = page.bytes.subspan(offset + kNodeHeader, key_bytes);
      const bool fits =
          role == Role::free_pages ? key_bytes == sizeof(std::uint64_t) : key_bytes > 0;
      if (!fits) return damaged(number, "a key of impossible size");
      if (!is_in_order(before, key, place.bounds, role)) {
        return damaged(number, "keys out of order");
      }
      before = key;
    }
    if (used != page_bytes_ - upper) return damaged(number, "records overlap or leave gaps");
    return {};
  }

  static bool is_in_order(ByteView before, ByteView key, const Bounds& bounds, Role role) {
    return (before.empty() || less(role, before, key)) &&
           (!bounds.low || !less(role, key, *bounds.low)) &&
           (!bounds.high || less(role, key, *bounds.high));
  }

  Status check_values(const Page& page, std::uint64_t number, Role role) {
    const std::size_t count = page.count();
    for (std::size_t i = 0; i < count; ++i) {
      const auto flags = at<std::uint16_t>(page.bytes, page.offset(i) + 4);
      if (role == Role::records && flags == 0) continue;
      if (Status status = check_value(page.node(i), number, role); !status.ok()) return status;
    }
    return {};
  }

  Status check_value(const Node& node, std::uint64_t page, Role role) {
    if ((role == Role::tables) != (node.flags == kTreeValue)) {
      return damaged(page, "a record of a kind that does not belong there");
    }
    if (node.flags == kTreeValue) {
      if (node.size != kTreeBytes) return damaged(page, "a table of impossible size");
      const Tree tree(node.value);
      tables_[std::string(as_text(node.key))] = {tree};
      return walk_tree(tree, Role::records);
    }
    ByteView value = node.value;
    if (node.flags == kBigValue) {
      const auto first = at<std::uint64_t>(node.value, 0);
      if (Status claimed = claim(first); !claimed.ok()) return claimed;
      const ByteView header = bytes_of(first);
      // A value that replaced a longer one may keep more pages than it needs.
      const std::uint64_t pages = at<std::uint32_t>(header, 12);
      if (at<std::uint64_t>(header, 0) != first || at<std::uint16_t>(header, 10) != kOverflow ||
          kPageHeader + node.size > pages * page_bytes_) {
        return damaged(first, "its header is impossible");
      }
      if (pages > 1) {
        if (Status claimed = claim(first + 1, pages - 1); !claimed.ok()) return claimed;
      }
      value = bytes_of(first, pages).subspan(kPageHeader, node.size);
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

  MappedFile mapped_;
  ByteView file_;
  std::array<std::uint8_t, kMetaBytes> meta_bytes_{};
  ByteView meta_{meta_bytes_};
  std::uint64_t page_bytes_ = 0;
  std::uint64_t last_page_ = 0;
  std::vector<bool> used_;
  std::vector<bool> checked_;  // leaf pages of records
  std::map<std::string, Table, std::less<>> tables_;
  std::map<std::string, Table, std::less<>>::iterator next_table_;  // of step()
  ByteView next_key_;                                               // likewise
  PageProgress progress_;
};

}  // namespace

Result<std::unique_ptr<PageWalk>> PageWalk::begin(MappedFile file) {
  auto pages = std::make_unique<Pages>(std::move(file));
  if (Status begun = pages->begin(); !begun.ok()) return begun.error();
  return std::unique_ptr<PageWalk>(std::move(pages));
}

}  // namespace assay::reputation
