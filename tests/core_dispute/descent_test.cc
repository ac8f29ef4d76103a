// The tree under a dispute: how a node is cut, and joined again.
#include <algorithm>

#include "tests/catch.h"
#include "tests/core_dispute/lab.h"

namespace assay::test {
namespace {

using namespace compute;

TEST_CASE("a node's children are at most sixteen, and join to its hash") {
  for (const std::uint64_t count :
       {1U, 2U, 3U, 15U, 16U, 17U, 31U, 33U, 255U, 256U, 257U, 1000U, 4097U}) {
    INFO(count);
    std::vector<Digest> leaves;
    for (std::uint64_t i = 0; i < count; ++i) {
      Bytes text;
      put_u64_be(text, i);
      leaves.push_back(leaf_hash(text));
    }
    std::vector<Digest> hashes;
    std::uint64_t first = 0;
    for (const std::uint64_t part : children_of(count)) {
      hashes.push_back(merkle_root(std::span(leaves).subspan(first, part)));
      first += part;
    }
    CHECK(first == count);
    CHECK(hashes.size() <= 16);
    CHECK(join_children(count, hashes) == merkle_root(leaves));
  }
}

TEST_CASE("a gigabyte of leaves is five answers deep, and the deepest allowed is not passed") {
  const auto depth = [](std::uint64_t count) {
    std::uint32_t answers = 1;
    while (true) {
      const std::vector<std::uint64_t> parts = children_of(count);
      const std::uint64_t largest = *std::ranges::max_element(parts);
      if (largest == 1) return answers;
      count = largest;
      ++answers;
    }
  };
  CHECK(depth(1) == 1);
  CHECK(depth(16) == 1);
  CHECK(depth(17) == 2);
  CHECK(depth(std::uint64_t{1} << 16) == 4);
  CHECK(depth(std::uint64_t{1} << 20) == 5);
  CHECK(1 + depth(std::uint64_t{1} << 28) == kAnswersMax);
}

}  // namespace
}  // namespace assay::test
