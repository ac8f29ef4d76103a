// Byte pair encoding (Gage 1994; Sennrich et al. 2016, arXiv:1508.07909): which neighbours become
// one token, and in what order. A value; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.h"

namespace assay::compute::generate {

struct Merge {
  std::uint32_t left = 0;
  std::uint32_t right = 0;
  std::uint32_t result = 0;
};

class Merges {
 public:
  // A merge's rank is its place in `ranked`. All tokens are below `tokens` (a check of the caller).
  //   malformed    the same pair twice
  static Result<Merges> make(std::span<const Merge> ranked, std::uint32_t tokens);

  // While any neighbours have a merge: the one of the lowest rank, of several the leftmost, is
  // applied. O(n log n) for n tokens, of which there are fewer than 2^32.
  void apply(std::vector<std::uint32_t>& tokens) const;

 private:
  struct Entry {
    std::uint32_t right = 0;
    std::uint32_t rank = 0;
    std::uint32_t result = 0;
  };

  const Entry* find(std::uint32_t left, std::uint32_t right) const;

  std::vector<std::uint32_t> first_;  // the entries of left L are first_[L] .. first_[L + 1]
  std::vector<Entry> entries_;        // by left, then by right
};

}  // namespace assay::compute::generate
