#include "core/compute/tensor.h"

#include <algorithm>
#include <sstream>

#include "core/base/random.h"
#include "core/wire/json.h"
#include "tests/catch.h"
#include "tests/vectors.h"

using namespace assay;
using namespace assay::compute;

namespace {

// "s8 [2,600] <hex>"
Tensor parse_tensor(const std::string& line) {
  std::istringstream in(line);
  std::string dtype, dims, data;
  in >> dtype >> dims >> data;
  static const std::map<std::string, DType> kTypes = {{"s8", DType::s8},   {"s16", DType::s16},
                                                      {"s32", DType::s32}, {"s64", DType::s64},
                                                      {"f32", DType::f32}, {"u8", DType::u8}};
  Tensor out;
  out.shape.dtype = kTypes.at(dtype);
  const Result<wire::Json> parsed = wire::parse_json(dims);
  for (const wire::Json& dim : parsed.value().items()) {
    out.shape.dims.push_back(dim.as_u64().value());
  }
  out.data = from_hex(data).value();
  return out;
}

Tensor tensor_of(DType dtype, std::vector<std::uint64_t> dims, Bytes data) {
  Tensor out;
  out.shape.dtype = dtype;
  out.shape.dims = std::move(dims);
  out.data = std::move(data);
  return out;
}

State random_state(SeededRandom& random) {
  State state;
  const DType types[] = {DType::s8, DType::s16, DType::s32, DType::s64, DType::f32, DType::u8};
  for (std::uint64_t i = 1 + random.below(3); i > 0; --i) {
    TensorShape shape{types[random.below(6)], {random.below(9), 1 + random.below(700)}};
    Tensor tensor{shape, Bytes(shape.bytes())};
    random.fill(tensor.data);
    state.push_back(std::move(tensor));
  }
  return state;
}

}  // namespace

TEST_CASE("vectors/state_digest") {
  for (const test::Vector& v : test::load_vectors("state_digest", {"tensor", "digest"}, 10)) {
    INFO(v.name());
    State state;
    for (const std::string& line : v.all("tensor")) state.push_back(parse_tensor(line));
    CHECK(state_digest(state) == v.fixed<Digest>("digest"));
    CHECK(StateTree(state).root() == v.fixed<Digest>("digest"));
  }
}

TEST_CASE("a state has one digest, on any number of threads and whatever its size") {
  SeededRandom random(4);
  for (const unsigned threads : {1U, 2U, 5U}) {
    const Engine engine(CpuLevel::scalar, threads);
    CHECK(state_digest(State{}, engine) == merkle_root({}));
    for (int round = 0; round < 60; ++round) {
      State state = random_state(random);
      if (round % 4 == 0) {  // several subtrees, from whole ones to one leaf more
        const std::uint64_t chunks = 200 + random.below(900);
        state.push_back(tensor_of(DType::u8, {chunks, kChunkBytes}, Bytes(chunks * kChunkBytes)));
        random.fill(state.back().data);
      }
      const StateShape shape = shape_of(state);
      std::vector<Digest> leaves;
      for (std::uint64_t leaf = 0; leaf < leaf_count(shape); ++leaf) {
        leaves.push_back(leaf_hash(leaf_data(state, leaf)));
      }
      REQUIRE(state_digest(state, engine) == merkle_root(leaves));
      REQUIRE(state_digest(state) == merkle_root(leaves));
    }
  }
}

TEST_CASE("every leaf of a state opens against its digest, with the size its shape says") {
  SeededRandom random(5);
  for (int round = 0; round < 60; ++round) {
    const State state = random_state(random);
    const StateShape shape = shape_of(state);
    const StateTree tree(state);
    REQUIRE(tree.leaves() == leaf_count(shape));
    for (std::uint64_t leaf = 0; leaf < tree.leaves(); ++leaf) {
      const Bytes data = leaf_data(state, leaf);
      REQUIRE(data.size() == leaf_size(shape, leaf));
      REQUIRE(verify_inclusion(leaf_hash(data), leaf, tree.leaves(), tree.path(leaf), tree.root())
                  .ok());
    }
  }
}

TEST_CASE("leaves_holding names exactly the chunks that bytes lie in") {
  SeededRandom random(6);
  int checked = 0;
  while (checked < 500) {
    const State state = random_state(random);
    const std::size_t tensor = random.below(state.size());
    const Bytes& data = state[tensor].data;
    if (data.empty()) continue;
    const std::uint64_t offset = random.below(data.size());
    const std::uint64_t count = 1 + random.below(data.size() - offset);
    const LeafRun run = leaves_holding(shape_of(state), tensor, offset, count);
    Bytes chunks;
    for (std::uint64_t i = 0; i < run.count; ++i) append(chunks, leaf_data(state, run.first + i));
    const auto at = chunks.begin() + static_cast<long>(offset % kChunkBytes);
    REQUIRE(chunks.size() >= offset % kChunkBytes + count);
    REQUIRE(
        std::equal(at, at + static_cast<long>(count), data.begin() + static_cast<long>(offset)));
    REQUIRE(run.count == (offset + count - 1) / kChunkBytes - offset / kChunkBytes + 1);
    ++checked;
  }
}

TEST_CASE("a state survives its bytes; a byte more or less is refused") {
  SeededRandom random(7);
  for (int round = 0; round < 50; ++round) {
    const State state = random_state(random);
    Bytes bytes = state_bytes(state);
    const Result<State> back = state_from_bytes(shape_of(state), bytes);
    REQUIRE(back.ok());
    REQUIRE(back.value() == state);
    bytes.push_back(0);
    REQUIRE(state_from_bytes(shape_of(state), bytes).error().code == Code::malformed);
    if (bytes.size() < 2) continue;
    bytes.resize(bytes.size() - 2);
    REQUIRE(state_from_bytes(shape_of(state), bytes).error().code == Code::malformed);
  }
}

TEST_CASE("flipping any byte of a small state changes its digest") {
  State state(2);
  state[0] = tensor_of(DType::s8, {3, 5}, Bytes(15, 1));
  state[1] = tensor_of(DType::s32, {3, 2}, Bytes(24, 2));
  const Digest digest = state_digest(state);
  for (Tensor& tensor : state) {
    for (std::uint8_t& byte : tensor.data) {
      byte ^= 0x10;
      CHECK(state_digest(state) != digest);
      byte ^= 0x10;
    }
  }
  CHECK(state_digest(state) == digest);
}
