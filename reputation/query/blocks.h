// Rows in blocks that copies share until one of them is written to: a copy of a hundred thousand
// rows costs as much as a list of its blocks, and a write as much as one block.
// A value of one thread; the shared blocks are read by any.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/base/check.h"

namespace assay::reputation::query {

inline constexpr std::size_t kBlockRows = 256;

template <class Block>
class Blocks {
 public:
  Blocks() = default;
  Blocks(Blocks&&) noexcept = default;
  Blocks& operator=(Blocks&&) noexcept = default;
  Blocks(const Blocks&) = delete;  // share() says what a copy means
  Blocks& operator=(const Blocks&) = delete;

  std::size_t size() const { return blocks_.size(); }
  const Block& operator[](std::size_t block) const { return *blocks_[block]; }

  void add(Block block) {
    blocks_.push_back(std::make_shared<Block>(std::move(block)));
    own_.push_back(true);
  }
  // The block to write to: what others still read stays as it is.
  Block& writable(std::size_t block) {
    ASSAY_CHECK(block < blocks_.size(), "a block that is there");
    if (!own_[block]) {
      blocks_[block] = std::make_shared<Block>(*blocks_[block]);
      own_[block] = true;
    }
    return *blocks_[block];
  }

  // What is there now, for others to read; from here on this one writes to blocks of its own.
  Blocks share() {
    own_.assign(blocks_.size(), false);
    Blocks copy;
    copy.blocks_ = blocks_;
    copy.own_ = own_;
    return copy;
  }

 private:
  std::vector<std::shared_ptr<Block>> blocks_;
  std::vector<bool> own_;  // nobody else has seen it yet
};

}  // namespace assay::reputation::query
