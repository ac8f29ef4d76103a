#include "core/merkle/inclusions.h"

#include "core/base/random.h"
#include "tests/catch.h"
#include "tests/vectors.h"

using namespace assay;
using test::answer;
using test::Vector;

namespace {

constexpr std::uint64_t kSizes = 70;

std::vector<Vector> vectors() {
  return test::load_vectors(
      "merkle",
      {"kind", "leaf", "leaf_hash", "index", "size", "path", "root", "old_size", "old_root"}, 49);
}

std::vector<Digest> sample_leaves(std::uint64_t count) {
  std::vector<Digest> leaves;
  for (std::uint64_t i = 0; i < count; ++i) {
    Bytes data;
    put_u64_be(data, i);
    leaves.push_back(leaf_hash(data));
  }
  return leaves;
}

// The definitions of RFC 9162 2.1 as they are written, over leaf hashes.
using Leaves = std::span<const Digest>;

std::size_t split(std::size_t n) {
  std::size_t k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

Digest defined_root(Leaves d) {
  if (d.empty()) return sha256(ByteView{});
  if (d.size() == 1) return d[0];
  const std::size_t k = split(d.size());
  return node_hash(defined_root(d.first(k)), defined_root(d.subspan(k)));
}

std::vector<Digest> then(std::vector<Digest> path, const Digest& last) {
  path.push_back(last);
  return path;
}

std::vector<Digest> defined_inclusion(std::size_t m, Leaves d) {
  if (d.size() == 1) return {};
  const std::size_t k = split(d.size());
  if (m < k) return then(defined_inclusion(m, d.first(k)), defined_root(d.subspan(k)));
  return then(defined_inclusion(m - k, d.subspan(k)), defined_root(d.first(k)));
}

std::vector<Digest> defined_consistency(std::size_t m, Leaves d, bool whole) {
  if (m == d.size()) {
    return whole ? std::vector<Digest>{} : std::vector<Digest>{defined_root(d)};
  }
  const std::size_t k = split(d.size());
  if (m <= k) return then(defined_consistency(m, d.first(k), whole), defined_root(d.subspan(k)));
  return then(defined_consistency(m - k, d.subspan(k), false), defined_root(d.first(k)));
}

Digest damaged(Digest digest, std::uint64_t bit) {
  digest.bytes[bit / 8 % 32] =
      static_cast<std::uint8_t>(digest.bytes[bit / 8 % 32] ^ (1U << (bit % 8)));
  return digest;
}

// Every way of making a good path wrong: each one must be refused.
std::vector<std::vector<Digest>> spoiled(const std::vector<Digest>& path, std::uint64_t salt) {
  std::vector<std::vector<Digest>> all;
  all.push_back(then(path, damaged(Digest{}, salt)));
  if (!path.empty()) {
    all.push_back(then(path, path.back()));
    all.emplace_back(path.begin(), path.end() - 1);
    all.emplace_back(path.begin() + 1, path.end());
  }
  for (std::size_t i = 0; i < path.size(); ++i) {
    all.push_back(path);
    all.back()[i] = damaged(path[i], salt * 31 + i * 7);
  }
  return all;
}

}  // namespace

TEST_CASE("Every Merkle vector is computed or judged as it says") {
  for (const Vector& vector : vectors()) {
    INFO(vector.name());
    const Digest root = vector.fixed<Digest>("root");
    if (vector.text("kind") == "root") {
      std::vector<Digest> leaves;
      for (const std::string& data : vector.all("leaf")) {
        leaves.push_back(leaf_hash(from_hex(data).value()));
      }
      CHECK((merkle_root(leaves) == root) == (vector.expect() == "ok"));
      CHECK(Tree(leaves).root() == merkle_root(leaves));
    } else if (vector.text("kind") == "inclusion") {
      CHECK(answer(verify_inclusion(vector.fixed<Digest>("leaf_hash"), vector.number("index"),
                                    vector.number("size"), vector.all_fixed<Digest>("path"),
                                    root)) == vector.expect());
    } else {
      REQUIRE(vector.text("kind") == "consistency");
      CHECK(answer(verify_consistency(vector.number("old_size"), vector.fixed<Digest>("old_root"),
                                      vector.number("size"), root,
                                      vector.all_fixed<Digest>("path"))) == vector.expect());
    }
  }
}

TEST_CASE("Roots and inclusion paths of all sizes and leaves are those of the definition") {
  const std::vector<Digest> all = sample_leaves(kSizes);
  Tree grown;
  for (std::uint64_t size = 0; size <= kSizes; ++size) {
    const Leaves leaves = Leaves(all).first(size);
    const Digest root = defined_root(leaves);
    CHECK(merkle_root(leaves) == root);
    CHECK(grown.size() == size);
    CHECK(grown.root() == root);
    const Tree tree(all);  // the whole tree answers for each of its earlier sizes
    CHECK(root_of(size, tree.reader()).value() == root);
    for (std::uint64_t index = 0; index < size; ++index) {
      const std::vector<Digest> path = defined_inclusion(index, leaves);
      CHECK(path.size() == inclusion_length(index, size));
      CHECK(grown.inclusion(index) == path);
      CHECK(inclusion_path(index, size, tree.reader()).value() == path);
      CHECK(verify_inclusion(leaves[index], index, size, path, root).ok());
    }
    if (size < kSizes) grown.append(all[size]);
  }
}

TEST_CASE("Consistency paths between all sizes are those of the definition") {
  const std::vector<Digest> all = sample_leaves(kSizes);
  const Tree tree(all);
  for (std::uint64_t size = 1; size <= kSizes; ++size) {
    const Leaves leaves = Leaves(all).first(size);
    const Digest root = merkle_root(leaves);
    for (std::uint64_t old = 1; old <= size; ++old) {
      const std::vector<Digest> path = defined_consistency(old, leaves, true);
      CHECK(consistency_path(old, size, tree.reader()).value() == path);
      CHECK(verify_consistency(old, merkle_root(leaves.first(old)), size, root, path).ok());
    }
    CHECK(consistency_path(0, size, tree.reader()).value().empty());
    CHECK(verify_consistency(0, merkle_root({}), size, root, {}).ok());
  }
}

TEST_CASE("An inclusion path that is spoiled in any way is refused") {
  const std::vector<Digest> all = sample_leaves(kSizes);
  const Tree tree(all);
  std::size_t accepted = 0;
  for (std::uint64_t size = 1; size <= kSizes; ++size) {
    const Digest root = merkle_root(Leaves(all).first(size));
    for (std::uint64_t index = 0; index < size; ++index) {
      const std::vector<Digest> path = inclusion_path(index, size, tree.reader()).value();
      for (const std::vector<Digest>& wrong : spoiled(path, size + index)) {
        accepted += verify_inclusion(all[index], index, size, wrong, root).ok();
      }
      accepted += verify_inclusion(damaged(all[index], index), index, size, path, root).ok();
      accepted += verify_inclusion(all[index], index, size, path, damaged(root, index)).ok();
      accepted += verify_inclusion(all[index], size + index, size, path, root).ok();
      if (size > 1) {
        accepted += verify_inclusion(all[index], (index + 1) % size, size, path, root).ok();
      }
    }
  }
  CHECK(accepted == 0);
}

TEST_CASE("Several leaves of a tree are judged together as they are one by one") {
  SeededRandom random(5);
  for (std::uint64_t size = 1; size < kSizes; ++size) {
    const std::vector<Digest> leaves = sample_leaves(size);
    const Tree tree(leaves);
    for (int game = 0; game < 12; ++game) {
      std::vector<std::vector<Digest>> paths;
      std::vector<InclusionProof> proofs;
      for (std::uint64_t i = 0; i < size; ++i) {
        if (random.below(3) == 0) continue;
        paths.push_back(tree.inclusion(i));
        proofs.push_back({leaves[i], i, {}});
      }
      if (proofs.empty()) continue;
      for (std::size_t i = 0; i < proofs.size(); ++i) proofs[i].path = paths[i];
      INFO("size " << size << ", game " << game);
      CHECK(verify_inclusions(proofs, size, tree.root()).ok());
      const std::size_t bent = random.below(proofs.size());
      auto wrong = proofs;
      wrong[bent].leaf.bytes[7] ^= 1;
      CHECK(verify_inclusions(wrong, size, tree.root()).error().code == Code::proof);
      for (Digest& hash : paths[bent]) {
        hash.bytes[0] ^= 1;
        CHECK(verify_inclusions(proofs, size, tree.root()).error().code == Code::proof);
        hash.bytes[0] ^= 1;
      }
      CHECK(verify_inclusions(proofs, size, tree.root()).ok());
      wrong = proofs;
      wrong.push_back(wrong.back());
      CHECK(verify_inclusions(wrong, size, tree.root()).error().code == Code::proof);
      wrong = {proofs[bent]};
      wrong[0].index = size;
      CHECK(verify_inclusions(wrong, size, tree.root()).error().code == Code::proof);
      if (paths[bent].empty()) continue;
      wrong = {proofs[bent]};
      wrong[0].path = wrong[0].path.subspan(1);
      CHECK(verify_inclusions(wrong, size, tree.root()).error().code == Code::proof);
    }
  }
}

TEST_CASE("A consistency path that is spoiled in any way is refused") {
  const std::vector<Digest> all = sample_leaves(kSizes);
  const Tree tree(all);
  std::size_t accepted = 0;
  for (std::uint64_t size = 1; size <= kSizes; ++size) {
    const Digest root = merkle_root(Leaves(all).first(size));
    for (std::uint64_t old = 1; old <= size; ++old) {
      const Digest old_root = merkle_root(Leaves(all).first(old));
      const std::vector<Digest> path = consistency_path(old, size, tree.reader()).value();
      for (const std::vector<Digest>& wrong : spoiled(path, size + old)) {
        accepted += verify_consistency(old, old_root, size, root, wrong).ok();
      }
      accepted += verify_consistency(old, damaged(old_root, old), size, root, path).ok();
      accepted += verify_consistency(old, old_root, size, damaged(root, old), path).ok();
      if (old < size) accepted += verify_consistency(size, root, old, old_root, path).ok();
    }
    accepted += verify_consistency(0, merkle_root({}), size, root, std::vector{root}).ok();
  }
  CHECK(accepted == 0);
}

TEST_CASE("Sizes near 2^64 are judged without overflow") {
  CHECK(inclusion_length(0, 1) == 0);
  CHECK(inclusion_length(0, UINT64_MAX) == 64);
  CHECK(inclusion_length(UINT64_MAX - 1, UINT64_MAX) == 63);
  CHECK(inclusion_length(std::uint64_t{1} << 63, (std::uint64_t{1} << 63) + 1) == 1);
  const std::vector<Digest> path(64);
  CHECK(answer(verify_inclusion({}, 0, UINT64_MAX, path, {})) == "proof");
  CHECK(answer(verify_inclusion({}, UINT64_MAX, UINT64_MAX, path, {})) == "proof");
  CHECK(answer(verify_consistency(1, {}, UINT64_MAX, {}, path)) == "proof");
  CHECK(answer(verify_consistency(UINT64_MAX - 1, {}, UINT64_MAX, {}, path)) == "proof");
}

TEST_CASE("Proofs need no more than complete subtrees, and pass the reader's error on") {
  const Tree tree(sample_leaves(6));
  CHECK(answer(tree.reader()(1, 2)) == "ok");
  CHECK(answer(tree.reader()(2, 1)) == "proof");  // leaves 4..7: not complete
  CHECK(answer(tree.reader()(9, 0)) == "proof");
  CHECK(answer(root_of(7, tree.reader())) == "proof");
  CHECK(answer(inclusion_path(6, 6, tree.reader())) == "proof");
  CHECK(answer(consistency_path(6, 5, tree.reader())) == "proof");
  const SubtreeReader broken = [](unsigned, std::uint64_t) -> Result<Digest> {
    return fail(Code::storage, "the disk is gone");
  };
  CHECK(answer(root_of(5, broken)) == "storage");
  CHECK(answer(inclusion_path(2, 5, broken)) == "storage");
  CHECK(answer(consistency_path(2, 5, broken)) == "storage");
  CHECK(root_of(0, broken).value() == merkle_root({}));
}
