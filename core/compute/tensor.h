// Tensors as committed bytes, and the digest of a state. Values and pure functions; any thread.
//
// State digest (FORMAT.md "State digest"): the RFC 6962 root over leaves that are, for each tensor
// in its declared order, first a header {dtype u8, rank u8, dims u64 LE…}, then its canonical bytes
// (dense, row-major, little-endian) cut into chunks of 1 KiB, the last one short. A row of a tensor
// is therefore a run of leaves.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/bytes.h"
#include "core/compute/engine.h"
#include "core/crypto/sha256.h"
#include "core/merkle/tree.h"

namespace assay::compute {

inline constexpr std::size_t kChunkBytes = 1024;

enum class DType : std::uint8_t { s8 = 1, s16 = 2, s32 = 3, s64 = 4, f32 = 5, u8 = 6 };
std::size_t dtype_bytes(DType dtype);

struct TensorShape {
  DType dtype = DType::s8;
  std::vector<std::uint64_t> dims;

  std::uint64_t elements() const;  // the caller has bounded the dims: no overflow
  std::uint64_t bytes() const { return elements() * dtype_bytes(dtype); }
  bool operator==(const TensorShape&) const = default;
};

struct Tensor {
  TensorShape shape;
  Bytes data;  // shape.bytes() of them
  bool operator==(const Tensor&) const = default;
};

using State = std::vector<Tensor>;
using StateShape = std::vector<TensorShape>;

StateShape shape_of(const State& state);

// Concatenated tensor bytes, without headers: what is delivered, hashed by its shape.
Bytes state_bytes(const State& state);
//   malformed    the bytes are not exactly as many as the shape says
Result<State> state_from_bytes(const StateShape& shape, ByteView bytes);

Digest state_digest(const State& state);
// The same on the engine's threads.
Digest state_digest(const State& state, const Engine& engine);

// The leaves of one state, kept so that chunks can be opened.
class StateTree {
 public:
  explicit StateTree(const State& state);
  Digest root() const { return tree_.root(); }
  std::uint64_t leaves() const { return tree_.size(); }
  std::vector<Digest> path(std::uint64_t leaf) const { return tree_.inclusion(leaf); }

 private:
  Tree tree_;
};

// Where things lie among the leaves of a state of this shape.
std::uint64_t leaf_count(const StateShape& shape);
// The leaf numbers that hold bytes [offset, offset + count) of tensor number `tensor`; count >= 1.
struct LeafRun {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};
LeafRun leaves_holding(const StateShape& shape, std::size_t tensor, std::uint64_t offset,
                       std::uint64_t count);
// The data of leaf number `leaf` (a header or a chunk).
Bytes leaf_data(const State& state, std::uint64_t leaf);
// How many bytes that leaf's data has, from the shape alone.
std::size_t leaf_size(const StateShape& shape, std::uint64_t leaf);

}  // namespace assay::compute
