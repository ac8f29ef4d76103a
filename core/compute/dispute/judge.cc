#include "core/compute/dispute/judge.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <set>
#include <tuple>

#include "core/merkle/inclusions.h"

namespace assay::compute {
namespace {

constexpr std::string_view kMagic = "assay/conviction/v1\n";

// Where a leaf lies: the tensor of its tree, and its bytes of it; a header has none.
struct LeafPlace {
  std::size_t tensor = 0;
  bool header = false;
  std::uint64_t offset = 0;
  std::uint64_t count = 0;
};

LeafPlace place_of(const StateShape& shape, std::uint64_t leaf) {
  LeafPlace out;
  for (; out.tensor < shape.size(); ++out.tensor) {
    const std::uint64_t leaves = leaf_count({shape[out.tensor]});
    if (leaf < leaves) break;
    leaf -= leaves;
  }
  ASSAY_CHECK(out.tensor < shape.size(), "a leaf beyond its tree");
  out.header = leaf == 0;
  if (out.header) return out;
  out.offset = (leaf - 1) * kChunkBytes;
  out.count = leaf_size({shape[out.tensor]}, leaf);
  return out;
}

using TreeKey = std::pair<TensorRef::Of, std::uint32_t>;

TreeKey key_of(const TensorRef& ref) {
  return {ref.of, ref.number};
}

// What was opened, as operands.
class Opened final : public Operands {
 public:
  Opened(const Dispute& dispute, const Conviction& conviction) : dispute_(dispute) {
    for (const OpenedLeaf& opened : conviction.opened) {
      leaves_[key_of(opened.tree)].emplace(opened.leaf, ByteView(opened.data));
    }
  }

  ByteView read_bytes(const TensorRef& ref, std::uint64_t offset, std::uint64_t count) override {
    if (count == 0) return {};
    const LeafRun run = leaves_holding(dispute_.tape().tree_shape(ref), ref.tensor, offset, count);
    const auto& tree = leaves_[key_of(ref)];
    if (const auto only = tree.find(run.first); run.count == 1 && only != tree.end()) {
      return only->second.subspan(offset % kChunkBytes, count);
    }
    Bytes& out = kept_.emplace_back();
    for (std::uint64_t leaf = run.first; leaf < run.first + run.count; ++leaf) {
      const auto at = tree.find(leaf);
      if (at == tree.end()) {
        failed(
            fail(Code::no_evidence, "conviction: leaf " + std::to_string(leaf) + " of " +
                                        (ref.of == TensorRef::Of::state ? "state " : "operation ") +
                                        std::to_string(ref.number) + " is read, not opened"));
        out.assign(count, 0);
        return out;
      }
      append(out, at->second);
    }
    return ByteView(out).subspan(offset % kChunkBytes, count);
  }

 private:
  const Dispute& dispute_;
  std::map<TreeKey, std::map<std::uint64_t, ByteView>> leaves_;
  std::deque<Bytes> kept_;
};

// A run's tensors as operands, remembering which leaves were read.
class Recorded final : public Operands {
 public:
  Recorded(const Tape& tape, const TapeRun& run) : tape_(tape), run_(run) {}

  ByteView read_bytes(const TensorRef& ref, std::uint64_t offset, std::uint64_t count) override {
    const Result<const Tensor*> tensor = run_.operand(ref);
    if (!tensor.ok()) {
      failed(tensor.error());
      return kept_.emplace_back(count);
    }
    if (count > 0) {
      const LeafRun run = leaves_holding(tape_.tree_shape(ref), ref.tensor, offset, count);
      for (std::uint64_t i = 0; i < run.count; ++i) leaves[key_of(ref)].insert(run.first + i);
    }
    return ByteView(tensor.value()->data).subspan(offset, count);
  }

  std::map<TreeKey, std::set<std::uint64_t>> leaves;

 private:
  const Tape& tape_;
  const TapeRun& run_;
  std::deque<Bytes> kept_;
};

// Are the opened leaves those of what was committed to, tree by tree?
Status check_opened(const Dispute& dispute, std::span<const OpenedLeaf> opened,
                    std::uint32_t before) {
  const TensorRef& tree = opened.front().tree;
  const bool operation = tree.of == TensorRef::Of::operation;
  if (operation && tree.number >= before) {
    return fail(Code::malformed, "conviction: opens an operation that is not an earlier one");
  }
  const Digest& root =
      operation ? dispute.digests()[tree.number] : dispute.trace()[tree.number].state;
  std::vector<InclusionProof> leaves;
  for (const OpenedLeaf& one : opened) {
    leaves.push_back({leaf_hash(one.data), one.leaf, one.path});
  }
  const Status bound = verify_inclusions(leaves, leaf_count(dispute.tape().tree_shape(tree)), root);
  return bound.ok() ? bound : bound.error().in("conviction: an opened leaf");
}

// What the leaf's bytes must be, from its operands: all of them for a state or an output, which are
// copies; of an operation the unit that holds the element.
struct Expected {
  std::uint64_t at = 0;  // in the leaf
  Bytes bytes;
};

Result<Expected> expected(const Dispute& dispute, std::uint8_t leaf, std::uint32_t element,
                          Operands& operands) {
  const Tape& tape = dispute.tape();
  const StateShape shape = dispute.shape();
  const std::uint64_t number = dispute.first_leaf() + leaf;
  const LeafPlace place = place_of(shape, number);
  if (place.header) {
    // Nothing but the shape is in it.
    return Expected{
        0, leaf_data({Tensor{shape[place.tensor], Bytes(shape[place.tensor].bytes())}}, 0)};
  }
  if (dispute.tree().what != Choice::What::operation) {
    const std::vector<TensorRef>& made =
        dispute.tree().what == Choice::What::output ? tape.output : tape.state;
    return Expected{0,
                    to_bytes(operands.read_bytes(made[place.tensor], place.offset, place.count))};
  }
  const Operation& operation = tape.operations[dispute.tree().number];
  const std::uint64_t size = dtype_bytes(operation.shape.dtype);
  if (element >= place.count / size) {
    return fail(Code::malformed, "conviction: the leaf has no element " + std::to_string(element));
  }
  const std::uint64_t wanted = place.offset / size + element;
  const std::uint64_t first = wanted / operation.unit * operation.unit;
  Bytes unit(operation.unit * size);
  operation.compute(first, operation.unit, operands, unit);
  return Expected{element * size, to_bytes(ByteView(unit).subspan((wanted - first) * size, size))};
}

}  // namespace

Result<bool> is_wrong(const Dispute& dispute, const Conviction& conviction) {
  const bool of_operation = dispute.tree().what == Choice::What::operation;
  const auto before = of_operation ? dispute.tree().number
                                   : static_cast<std::uint32_t>(dispute.tape().operations.size());
  std::span<const OpenedLeaf> rest = conviction.opened;
  while (!rest.empty()) {
    const auto end = std::ranges::find_if(
        rest, [&](const OpenedLeaf& one) { return key_of(one.tree) != key_of(rest.front().tree); });
    const auto count = static_cast<std::size_t>(end - rest.begin());
    if (Status bound = check_opened(dispute, rest.first(count), before); !bound.ok()) {
      return bound.error();
    }
    rest = rest.subspan(count);
  }
  Opened operands(dispute, conviction);
  const Result<Expected> due = expected(dispute, conviction.leaf, conviction.element, operands);
  if (!due.ok()) return due.error();
  if (!operands.status().ok()) return operands.status().error();
  const Bytes& data = dispute.data()[conviction.leaf];
  const Bytes& bytes = due.value().bytes;
  return std::memcmp(data.data() + due.value().at, bytes.data(), bytes.size()) != 0;
}

Result<Conviction> open_operands(const Dispute& dispute, std::uint8_t leaf, std::uint32_t element,
                                 TapeRun& run) {
  const Tape& tape = dispute.tape();
  if (dispute.tree().what == Choice::What::operation) {
    const Result<const Tensor*> made = run.tensor(dispute.tree().number);
    if (!made.ok()) return made.error();
  } else if (const Result<const Tensor*> made =
                 run.tensor(static_cast<std::uint32_t>(tape.operations.size()) - 1);
             !made.ok()) {
    return made.error();
  }
  Recorded recorded(tape, run);
  const Result<Expected> due = expected(dispute, leaf, element, recorded);
  if (!due.ok()) return due.error();
  if (!recorded.status().ok()) return recorded.status().error();
  Conviction out{leaf, element, {}};
  for (const auto& [key, leaves] : recorded.leaves) {
    State tree;
    for (std::uint32_t i = 0;; ++i) {
      const TensorRef ref{key.first, key.second, i};
      if (i == tape.tree_shape(ref).size()) break;
      const Result<const Tensor*> tensor = run.operand(ref);
      if (!tensor.ok()) return tensor.error();
      tree.push_back(*tensor.value());
    }
    const StateTree hashes(tree);
    for (const std::uint64_t number : leaves) {
      out.opened.push_back(
          {{key.first, key.second, 0}, number, leaf_data(tree, number), hashes.path(number)});
    }
  }
  return out;
}

Bytes conviction_file(const Conviction& conviction) {
  Bytes out = to_bytes(as_bytes(kMagic));
  out.push_back(conviction.leaf);
  put_u32_le(out, conviction.element);
  put_u32_le(out, static_cast<std::uint32_t>(conviction.opened.size()));
  for (const OpenedLeaf& opened : conviction.opened) {
    out.push_back(static_cast<std::uint8_t>(opened.tree.of));
    put_u32_le(out, opened.tree.number);
    put_u64_le(out, opened.leaf);
    append(out, opened.data);
    for (const Digest& hash : opened.path) append(out, hash.view());
  }
  return out;
}

Result<Conviction> parse_conviction_file(const Tape& tape, ByteView file) {
  const auto malformed = [](const char* what) {
    return fail(Code::malformed, std::string("conviction: ") + what);
  };
  if (file.size() > kConvictionBytesMax) return malformed("too long");
  Reader in(file);
  if (as_text(in.take(kMagic.size())) != kMagic) return malformed("not such a file");
  Conviction out;
  out.leaf = in.u8();
  out.element = in.u32_le();
  const std::uint32_t count = in.u32_le();
  std::tuple<TreeKey, std::uint64_t> last;
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    OpenedLeaf opened;
    const std::uint8_t of = in.u8();
    opened.tree = {static_cast<TensorRef::Of>(of), in.u32_le(), 0};
    opened.leaf = in.u64_le();
    const bool known = of == 0   ? tape.states.contains(opened.tree.number)
                       : of == 1 ? opened.tree.number < tape.operations.size()
                                 : false;
    if (!known || opened.leaf >= leaf_count(tape.tree_shape(opened.tree))) {
      return malformed("opens what the step does not have");
    }
    const std::tuple<TreeKey, std::uint64_t> at{key_of(opened.tree), opened.leaf};
    if (i > 0 && at <= last) return malformed("openings out of order");
    last = at;
    const StateShape shape = tape.tree_shape(opened.tree);
    opened.data = to_bytes(in.take(leaf_size(shape, opened.leaf)));
    const std::size_t hashes = inclusion_length(opened.leaf, leaf_count(shape));
    for (std::size_t k = 0; k < hashes && in.ok(); ++k) opened.path.push_back(take_digest(in));
    out.opened.push_back(std::move(opened));
  }
  if (!in.ok() || in.left() > 0) return malformed("cut short, or with bytes after its end");
  return out;
}

}  // namespace assay::compute
