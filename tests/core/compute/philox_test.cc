#include "core/compute/philox.h"

#include <algorithm>

#include "core/base/random.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"
#include "tests/vectors.h"

using namespace assay;
using namespace assay::compute;

namespace {

template <std::size_t N>
std::array<std::uint32_t, N> words(const Bytes& bytes) {
  REQUIRE(bytes.size() == 4 * N);
  std::array<std::uint32_t, N> out{};
  for (std::size_t i = 0; i < bytes.size(); ++i) out[i / 4] = out[i / 4] << 8 | bytes[i];
  return out;
}

Bytes as_u8(const std::vector<std::int8_t>& values) {
  Bytes out;
  for (std::int8_t value : values) out.push_back(static_cast<std::uint8_t>(value));
  return out;
}

}  // namespace

TEST_CASE("vectors/philox: blocks and values, on every level") {
  for (const test::Vector& v : test::load_vectors(
           "philox",
           {"kind", "counter", "key", "output", "tensor", "step", "offset", "count", "values"},
           8)) {
    INFO(v.name());
    const PhiloxKey key = words<2>(v.bytes("key"));
    if (v.text("kind") == "block") {
      CHECK(philox4x32_10(words<4>(v.bytes("counter")), key) == words<4>(v.bytes("output")));
      continue;
    }
    const PhiloxStream stream{key, static_cast<std::uint32_t>(v.number("tensor")),
                              static_cast<std::uint32_t>(v.number("step"))};
    for (CpuLevel level : test::cpu_levels()) {
      std::vector<std::int8_t> values(v.number("count"));
      philox_s8(stream, v.number("offset"), values, level);
      CHECK(as_u8(values) == v.bytes("values"));
    }
  }
}

TEST_CASE("the key is the first 8 bytes of the job seed, little-endian") {
  Digest seed;
  for (std::size_t i = 0; i < 32; ++i) seed.bytes[i] = static_cast<std::uint8_t>(i + 1);
  CHECK(philox_key(seed) == PhiloxKey{0x04030201, 0x08070605});
}

TEST_CASE("every level makes the scalar values at random offsets and lengths, and no byte more") {
  SeededRandom random(11);
  for (int round = 0; round < 400; ++round) {
    const PhiloxStream stream{
        {static_cast<std::uint32_t>(random.u64()), static_cast<std::uint32_t>(random.u64())},
        static_cast<std::uint32_t>(random.u64()),
        static_cast<std::uint32_t>(random.u64())};
    const std::uint64_t offset = random.u64() >> random.below(60);
    const std::size_t count = random.below(1500);
    std::vector<std::int8_t> want(count);
    philox_s8(stream, offset, want);
    REQUIRE(std::ranges::count(want, std::int8_t{-128}) == 0);
    for (CpuLevel level : test::cpu_levels()) {
      std::vector<std::int8_t> got(count + 2, std::int8_t{-128});
      philox_s8(stream, offset, std::span(got).subspan(1, count), level);
      REQUIRE(got.front() == -128);
      REQUIRE(got.back() == -128);
      REQUIRE(std::equal(want.begin(), want.end(), got.begin() + 1));
    }
  }
}
