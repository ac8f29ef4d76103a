#include "core/compute/tensor.h"

#include <algorithm>

namespace assay::compute {
namespace {

Bytes header_bytes(const TensorShape& shape) {
  Bytes out;
  out.push_back(static_cast<std::uint8_t>(shape.dtype));
  out.push_back(static_cast<std::uint8_t>(shape.dims.size()));
  for (std::uint64_t dim : shape.dims) put_u64_le(out, dim);
  return out;
}

std::uint64_t chunk_count(const TensorShape& shape) {
  return (shape.bytes() + kChunkBytes - 1) / kChunkBytes;
}

ByteView chunk(const Tensor& tensor, std::uint64_t index) {
  const std::size_t offset = index * kChunkBytes;
  return ByteView(tensor.data).subspan(offset, std::min(kChunkBytes, tensor.data.size() - offset));
}

// Which tensor leaf number `leaf` belongs to, and its number there (0 is the header).
struct Place {
  std::size_t tensor = 0;
  std::uint64_t leaf = 0;
};

Place place_of(const StateShape& shape, std::uint64_t leaf) {
  Place place{0, leaf};
  for (; place.tensor < shape.size(); ++place.tensor) {
    const std::uint64_t leaves = 1 + chunk_count(shape[place.tensor]);
    if (place.leaf < leaves) return place;
    place.leaf -= leaves;
  }
  ASSAY_CHECK(false, "leaf number beyond the state");
  return place;
}

std::vector<Digest> leaf_hashes(const State& state) {
  std::vector<Digest> out;
  for (const Tensor& tensor : state) {
    ASSAY_CHECK(tensor.data.size() == tensor.shape.bytes(), "tensor bytes do not fit its shape");
    out.push_back(leaf_hash(header_bytes(tensor.shape)));
    const std::uint64_t chunks = chunk_count(tensor.shape);
    for (std::uint64_t i = 0; i < chunks; ++i) out.push_back(leaf_hash(chunk(tensor, i)));
  }
  return out;
}

}  // namespace

std::size_t dtype_bytes(DType dtype) {
  switch (dtype) {
    case DType::s8:
    case DType::u8: return 1;
    case DType::s16: return 2;
    case DType::s32:
    case DType::f32: return 4;
    case DType::s64: return 8;
  }
  ASSAY_CHECK(false, "unknown dtype");
  return 0;
}

std::uint64_t TensorShape::elements() const {
  std::uint64_t count = 1;
  for (std::uint64_t dim : dims) count *= dim;
  return count;
}

StateShape shape_of(const State& state) {
  StateShape out;
  for (const Tensor& tensor : state) out.push_back(tensor.shape);
  return out;
}

Bytes state_bytes(const State& state) {
  Bytes out;
  std::size_t total = 0;
  for (const Tensor& tensor : state) total += tensor.data.size();
  out.reserve(total);
  for (const Tensor& tensor : state) append(out, tensor.data);
  return out;
}

Result<State> state_from_bytes(const StateShape& shape, ByteView bytes) {
  std::uint64_t total = 0;
  for (const TensorShape& tensor : shape) total += tensor.bytes();
  if (bytes.size() != total) {
    return fail(Code::malformed, "a state of " + std::to_string(bytes.size()) +
                                     " bytes where its shape needs " + std::to_string(total));
  }
  State out;
  for (const TensorShape& tensor : shape) {
    const ByteView data = bytes.first(tensor.bytes());
    bytes = bytes.subspan(data.size());
    out.push_back({tensor, to_bytes(data)});
  }
  return out;
}

Digest state_digest(const State& state) {
  return merkle_root(leaf_hashes(state));
}

StateTree::StateTree(const State& state) : tree_(leaf_hashes(state)) {}

std::uint64_t leaf_count(const StateShape& shape) {
  std::uint64_t count = 0;
  for (const TensorShape& tensor : shape) count += 1 + chunk_count(tensor);
  return count;
}

LeafRun leaves_holding(const StateShape& shape, std::size_t tensor, std::uint64_t offset,
                       std::uint64_t count) {
  ASSAY_CHECK(tensor < shape.size() && count >= 1, "no such bytes in a state of this shape");
  const std::uint64_t size = shape[tensor].bytes();
  ASSAY_CHECK(offset < size && count <= size - offset, "no such bytes in a state of this shape");
  const std::uint64_t before =
      leaf_count({shape.begin(), shape.begin() + static_cast<long>(tensor)});
  const std::uint64_t first = offset / kChunkBytes;
  const std::uint64_t last = (offset + count - 1) / kChunkBytes;
  return {before + 1 + first, last - first + 1};
}

Bytes leaf_data(const State& state, std::uint64_t leaf) {
  const Place place = place_of(shape_of(state), leaf);
  const Tensor& tensor = state[place.tensor];
  if (place.leaf == 0) return header_bytes(tensor.shape);
  return to_bytes(chunk(tensor, place.leaf - 1));
}

std::size_t leaf_size(const StateShape& shape, std::uint64_t leaf) {
  const Place place = place_of(shape, leaf);
  const TensorShape& tensor = shape[place.tensor];
  if (place.leaf == 0) return 2 + 8 * tensor.dims.size();
  const std::uint64_t offset = (place.leaf - 1) * kChunkBytes;
  return std::min<std::uint64_t>(kChunkBytes, tensor.bytes() - offset);
}

}  // namespace assay::compute
