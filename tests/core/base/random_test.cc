#include "core/base/random.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/catch.h"

using namespace assay;

namespace {

// Says the given words, one per u64(), and counts them.
class Script final : public Random {
 public:
  explicit Script(std::vector<std::uint64_t> words) : words_(std::move(words)) {}
  void fill(std::span<std::uint8_t> out) override {
    REQUIRE(out.size() == 8);
    REQUIRE(used < words_.size());
    for (std::size_t i = 0; i < 8; ++i) {
      out[i] = static_cast<std::uint8_t>(words_[used] >> (56 - 8 * i));
    }
    ++used;
  }
  std::size_t used = 0;

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace

TEST_CASE("A seeded source repeats itself and no other") {
  SeededRandom a(1);
  SeededRandom b(1);
  SeededRandom c(2);
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t word = a.u64();
    CHECK(word == b.u64());
    CHECK(word != c.u64());
  }
}

TEST_CASE("A seeded source is SplitMix64: published words of seed 1234567") {
  SeededRandom random(1234567);
  for (const std::uint64_t word : {6457827717110365317ULL, 3203168211198807973ULL,
                                   9817491932198370423ULL, 4593380528125082431ULL}) {
    std::array<std::uint8_t, 8> bytes;
    random.fill(bytes);
    std::uint64_t value = 0;
    for (std::size_t i = 8; i > 0; --i) value = value << 8 | bytes[i - 1];
    CHECK(value == word);
  }
}

TEST_CASE("below() rejects the words that would bias it") {
  const std::uint64_t bound = 3ULL
                              << 62;  // a plain remainder would give low numbers twice as often
  Script script({UINT64_MAX, bound, bound - 1});
  CHECK(script.below(bound) == bound - 1);
  CHECK(script.used == 3);
  Script one({5});
  CHECK(one.below(1) == 0);
}

TEST_CASE("below() is even over small ranges") {
  SeededRandom random(99);
  for (const std::uint64_t bound : {2ULL, 3ULL, 7ULL, 10ULL}) {
    constexpr int kDraws = 60'000;
    std::vector<int> seen(bound, 0);
    for (int i = 0; i < kDraws; ++i) {
      const std::uint64_t value = random.below(bound);
      REQUIRE(value < bound);
      ++seen[value];
    }
    const double mean = static_cast<double>(kDraws) / static_cast<double>(bound);
    for (const int count : seen) CHECK(std::abs(count - mean) < 5 * std::sqrt(mean));
  }
}

TEST_CASE("The system's randomness differs from call to call, at every length") {
  for (const std::size_t size : {16U, 300U, 70'000U}) {
    std::vector<std::uint8_t> a(size);
    std::vector<std::uint8_t> b(size);
    system_random().fill(a);
    system_random().fill(b);
    CHECK(a != b);
    const std::vector<std::uint8_t> tail(a.end() - 16, a.end());
    CHECK(tail != std::vector<std::uint8_t>(16, 0));
  }
  system_random().fill({});
}
