// What the kernels compute per value, compiled for the host, against the definitions.
#include <bit>

#include "core/base/random.h"
#include "core/compute/cpu/requantize.h"
#include "core/compute/cuda/elementwise_device.h"
#include "core/compute/cuda/philox_place.h"
#include "core/compute/cuda/r128_layout.h"
#include "core/compute/cuda/requantize_device.h"
#include "core/compute/cuda/state_leaves.h"
#include "core/compute/tensor.h"
#include "tests/catch.h"

using namespace assay;
using namespace assay::compute;

namespace {

Digest as_digest(const cuda::Sha256Words& words) {
  Digest out;
  cuda::digest_bytes(words, out.bytes.data());
  return out;
}

Bytes random_bytes(SeededRandom& random, std::size_t count) {
  Bytes out(count);
  for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(random.below(256));
  return out;
}

cuda::StateTensors as_tensors(const State& state) {
  cuda::StateTensors out{};
  std::uint64_t leaf = 0;
  for (const Tensor& tensor : state) {
    cuda::HashTensor& to = out.tensor[out.count++];
    const Bytes header = leaf_data(state, leaf);
    std::copy(header.begin(), header.end(), to.header);
    to.header_bytes = static_cast<std::uint32_t>(header.size());
    to.data = reinterpret_cast<cuda::DevicePtr>(tensor.data.data());
    to.bytes = tensor.data.size();
    leaf += cuda::tensor_leaves(to);
  }
  return out;
}

}  // namespace

TEST_CASE("the device's leaf and node hashes are RFC 6962's, for leaves of every size") {
  SeededRandom random(1);
  for (std::size_t size = 0; size <= cuda::kLeafBytes; ++size) {
    const Bytes bytes = random_bytes(random, size);
    const cuda::Sha256Words hash =
        cuda::hash_any_leaf(bytes.data(), static_cast<std::uint32_t>(size));
    REQUIRE(as_digest(hash) == leaf_hash(bytes));
  }
  alignas(4) std::uint8_t leaf[cuda::kLeafBytes];
  cuda::Sha256Words last = cuda::sha256_start();
  for (int i = 0; i < 20; ++i) {
    const Bytes bytes = random_bytes(random, sizeof leaf);
    std::copy(bytes.begin(), bytes.end(), leaf);
    const cuda::Sha256Words hash =
        cuda::hash_whole_leaf(reinterpret_cast<const std::uint32_t*>(leaf));
    REQUIRE(as_digest(hash) == leaf_hash(bytes));
    REQUIRE(as_digest(cuda::hash_node(last, hash)) == node_hash(as_digest(last), as_digest(hash)));
    last = hash;
  }
}

TEST_CASE("the device's tree over a state is the state digest, for every number of leaves") {
  SeededRandom random(2);
  for (std::uint64_t chunks = 0; chunks <= 40; ++chunks) {
    for (const std::uint64_t tail : {0UL, 1UL, 1023UL}) {
      const std::uint64_t bytes = chunks * kChunkBytes + tail;
      const State state{{{DType::u8, {bytes}}, random_bytes(random, bytes)},
                        {{DType::s32, {3, 2}}, random_bytes(random, 24)}};
      const cuda::StateTensors tensors = as_tensors(state);
      std::vector<cuda::Sha256Words> nodes(cuda::state_leaves(tensors));
      REQUIRE(nodes.size() == leaf_count(shape_of(state)));
      for (std::size_t i = 0; i < nodes.size(); ++i) nodes[i] = state_leaf_hash(tensors, i);
      std::vector<cuda::Sha256Words> above(nodes.size());
      for (std::uint64_t count = nodes.size(); count > 1; count = cuda::nodes_above(count)) {
        for (std::uint64_t i = 0; i < cuda::nodes_above(count); ++i) {
          above[i] = cuda::node_above(nodes.data(), count, i);
        }
        nodes.swap(above);
      }
      REQUIRE(as_digest(nodes[0]) == state_digest(state));
    }
  }
}

TEST_CASE("a row's new scale is the definition's, for amax of every exponent") {
  for (std::uint32_t exponent = 0; exponent < 255; ++exponent) {
    for (const std::uint32_t fraction : {0x000000U, 0x000001U, 0x2AAAAAU, 0x7FFFFFU}) {
      const std::uint32_t bits = exponent << 23 | fraction;
      const float amax = std::bit_cast<float>(bits);
      const cuda::RowRule rule = cuda::row_rule(bits, 7);
      if (bits == 0) {
        CHECK(rule.scale.bits == 0);
        CHECK(rule.scale.exponent == 0);
        continue;
      }
      const cpu::RowScale want = cpu::split_scale(amax / 127.0F);
      REQUIRE(rule.scale.bits == want.bits);
      REQUIRE(rule.scale.exponent == want.exponent + 7);
      REQUIRE(rule.inverse == 127.0F / amax);
    }
  }
}

TEST_CASE("requantising a row with the device's functors is the definition's row") {
  SeededRandom random(3);
  for (int round = 0; round < 300; ++round) {
    const std::size_t cols = 1 + random.below(200);
    std::vector<std::int32_t> acc(cols);
    std::vector<float> sb(cols);
    const std::uint64_t reach = random.below(4) == 0 ? 3 : std::uint64_t{1} << 31;
    for (std::int32_t& sum : acc) {
      sum = static_cast<std::int32_t>(static_cast<std::int64_t>(random.below(reach)) -
                                      static_cast<std::int64_t>(reach / 2));
    }
    for (float& scale : sb) {
      const auto exponent = static_cast<std::uint32_t>(127 - 40 + random.below(80));
      scale =
          std::bit_cast<float>(exponent << 23 | static_cast<std::uint32_t>(random.below(1 << 23)));
    }
    const cpu::RowScale in{0x3F800000 | static_cast<std::uint32_t>(random.below(1 << 23)), -5};
    std::vector<std::int8_t> want(cols), got(cols);
    const cpu::RowScale want_scale = cpu::requantize_row(acc, sb, in, want.data());

    const float sa = std::bit_cast<float>(in.bits);
    std::uint32_t most = 0;
    for (std::size_t n = 0; n < cols; ++n) {
      most = std::max(most, rx1::bits(cuda::epilogue_value(acc[n], sa, sb[n])) & rx1::kAbsMask);
    }
    const cuda::RowRule rule = cuda::row_rule(most, in.exponent);
    for (std::size_t n = 0; n < cols; ++n) {
      got[n] = cuda::s8_of(rx1::mul(cuda::epilogue_value(acc[n], sa, sb[n]), rule.inverse));
    }
    REQUIRE(got == want);
    REQUIRE(rule.scale.bits == want_scale.bits);
    REQUIRE(rule.scale.exponent == want_scale.exponent);
  }
}

TEST_CASE(
    "Philox blocks fill a matrix with the stream's values, each once, in rows of any length") {
  constexpr std::int8_t kPoison = -128;  // no value of the stream
  for (const std::uint64_t cols : {1UL, 5UL, 15UL, 16UL, 17UL, 31UL, 32UL, 48UL, 100UL}) {
    for (const std::uint64_t rows : {1UL, 3UL, 16UL}) {
      const std::uint64_t ld = (cols + 15) / 16 * 16;
      alignas(16) std::int8_t q[16 * 112 + 16];
      std::fill_n(q, sizeof q, kPoison);
      const cuda::PhiloxArgs args{{3, 4}, 1, 9, 0, rows, cols, ld};
      for (std::uint64_t i = cuda::philox_blocks(rows, cols); i-- > 0;) {
        cuda::place_philox_block(args, i, q);
      }
      std::vector<std::int8_t> want(rows * cols);
      philox_s8({{3, 4}, 1, 9}, 0, want);
      std::size_t poisoned = 0;
      for (std::uint64_t i = 0; i < sizeof q; ++i) {
        const std::uint64_t row = i / ld, column = i % ld;
        if (row < rows && column < cols) {
          REQUIRE(q[i] == want[row * cols + column]);
        } else {
          REQUIRE(q[i] == kPoison);
          ++poisoned;
        }
      }
      CHECK(poisoned == sizeof q - rows * cols);
    }
  }
}

TEST_CASE("segments of R128 hold every element once") {
  for (const std::uint64_t count : {1UL, 127UL, 65536UL, 65537UL, 200000UL}) {
    std::uint64_t covered = 0;
    for (std::uint64_t i = 0; i < cuda::segments_of(count); ++i) {
      REQUIRE(cuda::segment_begin(i) == covered);
      covered = cuda::segment_end(i, count);
    }
    CHECK(covered == count);
  }
}

TEST_CASE("an elementwise operation that makes a NaN makes the NaN of RX-1") {
  const float inf = std::bit_cast<float>(0x7F800000U);
  struct Case {
    cuda::ElementwiseOp op;
    float x, y, z;
  };
  const Case cases[] = {{cuda::kAdd, inf, -inf, 0},    {cuda::kSubtract, inf, inf, 0},
                        {cuda::kMultiply, inf, 0, 0},  {cuda::kDivide, 0, 0, 0},
                        {cuda::kSquareRoot, -1, 0, 0}, {cuda::kFusedMultiplyAdd, inf, 0, 1}};
  for (const Case& c : cases) {
    INFO(c.op);
    CHECK(rx1::bits(cuda::elementwise_value(c.op, c.x, c.y, c.z)) == rx1::kNanBits);
  }
  CHECK(cuda::elementwise_value(cuda::kFusedMultiplyAdd, 3, 5, 7) == 22.0F);
  CHECK(cuda::elementwise_value(cuda::kSubtract, 3, 5, 7) == -2.0F);
}
