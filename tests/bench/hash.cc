#include <bit>

#include "core/base/random.h"
#include "core/compute/tensor.h"
#include "tests/bench/bench.h"
#include "tests/bench/timing.h"

namespace assay::bench {
namespace {

using compute::DType;
using compute::State;

// RFC 6962, section 2.1, word for word: the road that the tree code does not take.
Digest plain_root(const State& state, std::uint64_t first, std::uint64_t count) {
  constexpr std::uint8_t kLeaf[] = {0};
  constexpr std::uint8_t kNode[] = {1};
  if (count == 1) return sha256({kLeaf, compute::leaf_data(state, first)});
  const std::uint64_t left = std::bit_floor(count - 1);
  const Digest l = plain_root(state, first, left);
  const Digest r = plain_root(state, first + left, count - left);
  return sha256({kNode, l.view(), r.view()});
}

Digest sha256_in_parts(ByteView bytes) {
  constexpr std::size_t kPart = 4099;
  Sha256 hash;
  for (; bytes.size() > kPart; bytes = bytes.subspan(kPart)) hash.update(bytes.first(kPart));
  hash.update(bytes);
  return hash.finish();
}

// The state of a gemm chain with rows of `cols`.
State random_state(const Options& options, std::uint64_t rows, std::uint64_t cols) {
  SeededRandom random(options.seed);
  State state = {{{DType::s8, {rows, cols}}, {}}, {{DType::s32, {rows, 2}}, {}}};
  for (compute::Tensor& tensor : state) {
    tensor.data.resize(tensor.shape.bytes());
    random.fill(tensor.data);
  }
  return state;
}

// The leaves of a tree alone, one OpenSSL call for each on the other side.
Row measure_leaves(const Options& options, std::size_t count) {
  Row row{.bench = "hash",
          .name = std::to_string(count) + " leaves of 1 KiB",
          .peer = "OpenSSL, one by one",
          .unit = "GB/s"};
  options.say("hash: " + row.name);
  SeededRandom random(options.seed);
  Bytes data(count * compute::kChunkBytes);
  random.fill(data);
  std::vector<Digest> many(count);
  std::vector<Digest> singly(count);
  const auto ours = [&] { leaf_hashes(data, compute::kChunkBytes, many); };
  const auto theirs = [&] {
    for (std::size_t i = 0; i < count; ++i) {
      singly[i] = leaf_hash(ByteView(data).subspan(i * compute::kChunkBytes, compute::kChunkBytes));
    }
  };
  ours();
  theirs();
  row.correct = many == singly;
  if (!row.correct) {
    row.note = "other hashes than OpenSSL's";
    return row;
  }
  set_rate(row, time_both(options, ours, theirs), static_cast<double>(data.size()));
  return row;
}

Row measure(const Options& options, std::uint64_t rows, std::uint64_t cols) {
  const State state = random_state(options, rows, cols);
  const Bytes bytes = compute::state_bytes(state);
  Row row{.bench = "hash",
          .name = "state digest, " + std::to_string(rows) + "x" + std::to_string(cols),
          .peer = "one SHA-256 (OpenSSL)",
          .unit = "GB/s"};
  options.say("hash: " + row.name);
  Digest root;
  Digest flat;
  const auto ours = [&] { root = compute::state_digest(state); };
  const auto theirs = [&] { flat = sha256(bytes); };
  ours();
  theirs();
  const std::uint64_t leaves = compute::leaf_count(compute::shape_of(state));
  row.correct = root == plain_root(state, 0, leaves) && flat == sha256_in_parts(bytes);
  if (!row.correct) {
    row.note = "another digest than the definition's";
    return row;
  }
  set_rate(row, time_both(options, ours, theirs), static_cast<double>(bytes.size()));
  return row;
}

}  // namespace

Result<Rows> hash(const Options& options) {
  if (options.quick) return Rows{measure_leaves(options, 63), measure(options, 256, 1000)};
  return Rows{measure_leaves(options, 1024), measure(options, 1024, 1024),
              measure(options, 4096, 4096)};
}

}  // namespace assay::bench
