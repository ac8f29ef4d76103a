#include "tests/bench/dispute_game.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <deque>

#include "core/base/random.h"

namespace assay::bench {
namespace {

using namespace compute;

using TreeKey = std::pair<TensorRef::Of, std::uint32_t>;

// Numbers that a tensor of this type may hold. Of s32 they are the bits of floats in [1/2, 1), as a
// row's largest value is kept.
void make_up(DType dtype, Random& random, Bytes& bytes) {
  random.fill(bytes);
  const std::size_t size = dtype_bytes(dtype);
  for (std::size_t at = 0; at + size <= bytes.size(); at += size) {
    std::uint8_t* number = bytes.data() + at;
    if (dtype == DType::s8 && *number == 0x80) *number = 0;
    if (dtype == DType::s16) number[1] = static_cast<std::uint8_t>(number[1] % 0x3F);
    if (dtype == DType::f32 || dtype == DType::s32) {
      number[3] = dtype == DType::f32 && number[3] >= 0x80 ? 0xBF : 0x3F;
      number[2] &= 0x7F;
    }
    if (dtype == DType::s64) number[7] = number[6] = number[5] = number[4] >= 0x80 ? 0xFF : 0;
  }
}

// Every tensor that is read, leaf by leaf as it is asked for.
class MadeUp final : public Operands {
 public:
  explicit MadeUp(const Tape& tape) : tape_(tape) {}

  ByteView read_bytes(const TensorRef& ref, std::uint64_t offset, std::uint64_t count) override {
    if (count == 0) return {};
    const StateShape shape = tape_.tree_shape(ref);
    const LeafRun run = leaves_holding(shape, ref.tensor, offset, count);
    Bytes& out = kept_.emplace_back();
    for (std::uint64_t leaf = run.first; leaf < run.first + run.count; ++leaf) {
      auto [at, is_new] = leaves[{ref.of, ref.number}].try_emplace(leaf);
      if (is_new) {
        SeededRandom random(std::uint64_t{ref.number} << 40 | leaf);
        at->second.resize(leaf_size(shape, leaf));
        make_up(shape[ref.tensor].dtype, random, at->second);
      }
      append(out, at->second);
    }
    return ByteView(out).subspan(offset % kChunkBytes, count);
  }

  std::map<TreeKey, std::map<std::uint64_t, Bytes>> leaves;

 private:
  const Tape& tape_;
  std::deque<Bytes> kept_;
};

// A tree of which some leaves are known; what lies beside them is any hash.
class SparseTree {
 public:
  SparseTree(std::uint64_t size, const std::map<std::uint64_t, Bytes>& leaves) : size_(size) {
    for (const auto& [number, data] : leaves) known_.emplace(number, leaf_hash(data));
  }

  Digest root() { return node(0, size_); }
  Digest node(std::uint64_t first, std::uint64_t count) {
    const auto known = known_.lower_bound(first);
    auto [at, is_new] = nodes_.try_emplace({first, count});
    if (!is_new) return at->second;
    Digest hash;
    if (known == known_.end() || known->first >= first + count) {
      Bytes place;
      put_u64_le(place, first);
      put_u64_le(place, count);
      hash = sha256(place);
    } else if (count == 1) {
      hash = known->second;
    } else {
      const std::uint64_t left = std::bit_floor(count - 1);
      const Digest a = node(first, left);
      hash = node_hash(a, node(first + left, count - left));
    }
    return nodes_[{first, count}] = hash;
  }
  std::vector<Digest> path(std::uint64_t leaf) {
    std::vector<Digest> out;
    std::uint64_t first = 0, count = size_;
    while (count > 1) {
      const std::uint64_t left = std::bit_floor(count - 1);
      const bool goes_left = leaf < first + left;
      out.push_back(goes_left ? node(first + left, count - left) : node(first, left));
      if (!goes_left) first += left;
      count = goes_left ? left : count - left;
    }
    std::ranges::reverse(out);
    return out;
  }

 private:
  std::uint64_t size_;
  std::map<std::uint64_t, Digest> known_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Digest> nodes_;
};

// The node that a dispute ends at: leaves [first, first + count) of a tree, `leaf` among them.
LeafRun last_node(std::uint64_t size, std::uint64_t leaf) {
  LeafRun node{0, size};
  while (true) {
    const std::vector<std::uint64_t> parts = children_of(node.count);
    if (std::ranges::max(parts) == 1) return node;
    std::size_t i = 0;
    for (; leaf >= node.first + parts[i]; ++i) node.first += parts[i];
    node.count = parts[i];
  }
}

// A leaf of every child on the way down, so that all nodes that are shown follow from each other.
void know_the_way(std::uint64_t size, std::uint64_t leaf, std::map<std::uint64_t, Bytes>& known) {
  for (LeafRun node{0, size};;) {
    const std::vector<std::uint64_t> parts = children_of(node.count);
    std::uint64_t at = node.first;
    LeafRun next = node;
    for (const std::uint64_t part : parts) {
      known.try_emplace(at);
      if (leaf >= at && leaf < at + part) next = {at, part};
      at += part;
    }
    if (std::ranges::max(parts) == 1) return;
    node = next;
  }
}

void must(const Status& status) {
  ASSAY_CHECK(status.ok(), status.ok() ? "" : status.error().what);
}

// The provider's answers and the challenger's choices, from the root to the leaves' data.
void descend(Dispute& dispute, SparseTree& tree, const std::map<std::uint64_t, Bytes>& data,
             std::uint64_t leaf) {
  while (true) {
    Bytes answer;
    const std::uint64_t first = dispute.first_leaf(), count = dispute.leaves();
    if (dispute.at_leaves()) {
      for (std::uint64_t i = first; i < first + count; ++i) append(answer, data.at(i));
      return must(dispute.answer(answer));
    }
    std::uint64_t at = first;
    std::uint32_t child = 0, number = 0;
    for (const std::uint64_t part : children_of(count)) {
      append(answer, tree.node(at, part).view());
      if (leaf >= at && leaf < at + part) child = number;
      at += part;
      ++number;
    }
    must(dispute.answer(answer));
    must(dispute.choose({Choice::What::child, child}));
  }
}

}  // namespace

AtConviction at_conviction(const Tape& tape, std::uint32_t steps, std::uint32_t step,
                           const Element& element, bool forged) {
  const Operation& operation = tape.operations[element.operation];
  const std::uint64_t size = dtype_bytes(operation.shape.dtype);
  MadeUp made_up(tape);
  Bytes unit(operation.unit * size);
  const std::uint64_t first = element.number / operation.unit * operation.unit;
  operation.compute(first, operation.unit, made_up, unit);

  const StateShape shape{operation.shape};
  const std::uint64_t leaf = leaves_holding(shape, 0, element.number * size, size).first;
  const LeafRun node = last_node(leaf_count(shape), leaf);
  std::map<std::uint64_t, Bytes> own;
  for (std::uint64_t i = node.first; i < node.first + node.count; ++i) {
    own[i].resize(leaf_size(shape, i));
  }
  std::uint8_t* at = own[leaf].data() + element.number * size % kChunkBytes;
  std::memcpy(at, unit.data() + (element.number - first) * size, size);
  if (forged) *at ^= 1;

  Conviction conviction{static_cast<std::uint8_t>(leaf - node.first),
                        static_cast<std::uint32_t>(element.number * size % kChunkBytes / size),
                        {}};
  std::vector<Digest> digests(tape.operations.size());
  wire::Trace trace(std::size_t{steps} + 1);
  for (const auto& [key, leaves] : made_up.leaves) {
    const TensorRef ref{key.first, key.second, 0};
    SparseTree tree(leaf_count(tape.tree_shape(ref)), leaves);
    (key.first == TensorRef::Of::state ? trace[key.second].state : digests[key.second]) =
        tree.root();
    for (const auto& [number, data] : leaves) {
      conviction.opened.push_back({ref, number, data, tree.path(number)});
    }
  }
  know_the_way(leaf_count(shape), leaf, own);
  SparseTree tree(leaf_count(shape), own);
  digests[element.operation] = tree.root();

  Dispute dispute(tape, std::move(trace), step);
  Bytes answer;
  for (const Digest& digest : digests) append(answer, digest.view());
  must(dispute.answer(answer));
  must(dispute.choose({Choice::What::operation, element.operation}));
  descend(dispute, tree, own, leaf);
  Bytes file = conviction_file(conviction);
  const Digest digest = sha256(file);
  return {std::move(dispute), std::move(file), digest};
}

Result<bool> judged(const AtConviction& end) {
  if (sha256(end.file) != end.digest) return fail(Code::unbound, "another file");
  const Result<Conviction> conviction = parse_conviction_file(end.dispute.tape(), end.file);
  if (!conviction.ok()) return conviction.error();
  return is_wrong(end.dispute, conviction.value());
}

}  // namespace assay::bench
