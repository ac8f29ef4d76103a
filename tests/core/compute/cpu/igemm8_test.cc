#include "core/compute/cpu/igemm8.h"

#include "core/base/random.h"
#include "core/compute/philox.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"

using namespace assay;
using namespace assay::compute;

namespace {

constexpr std::int32_t kPoison = 0x5A5A5A5A;
constexpr std::size_t kMargin = 3;  // sentinels after each row of D

std::vector<std::int8_t> random_values(SeededRandom& random, std::size_t count) {
  std::vector<std::int8_t> out(count);
  const PhiloxStream stream{{static_cast<std::uint32_t>(random.u64()), 0}, 0, 0};
  philox_s8(stream, 0, out);
  if (random.below(4) == 0) {  // extremes only
    for (std::int8_t& value : out) value = value < 0 ? -127 : 127;
  }
  return out;
}

struct Case {
  std::size_t m, n, k;
};

// D by `engine` in a poisoned buffer; fails unless exactly the m x n values were written.
std::vector<std::int32_t> multiply(const Engine& engine, const Case& c,
                                   const std::vector<std::int8_t>& a,
                                   const std::vector<std::int8_t>& b) {
  const std::size_t stride = c.n + kMargin;
  std::vector<std::int32_t> d((c.m + 1) * stride, kPoison);
  const cpu::PackedRows rows(engine, a, c.m, c.k);
  rows.multiply(b.data(), c.n, d.data(), stride);
  std::vector<std::int32_t> out;
  std::size_t overwritten = 0;
  for (std::size_t i = 0; i < d.size(); ++i) {
    if (i < c.m * stride && i % stride < c.n) {
      out.push_back(d[i]);
    } else if (d[i] != kPoison) {
      ++overwritten;
    }
  }
  REQUIRE(overwritten == 0);
  return out;
}

// The sums once more, by another road: s64, column by column.
std::vector<std::int32_t> plain(const Case& c, const std::vector<std::int8_t>& a,
                                const std::vector<std::int8_t>& b) {
  std::vector<std::int32_t> out(c.m * c.n);
  for (std::size_t n = 0; n < c.n; ++n) {
    for (std::size_t m = 0; m < c.m; ++m) {
      std::int64_t sum = 0;
      for (std::size_t k = c.k; k-- > 0;) sum += std::int64_t{a[m * c.k + k]} * b[n * c.k + k];
      REQUIRE(sum == static_cast<std::int32_t>(sum));
      out[m * c.n + n] = static_cast<std::int32_t>(sum);
    }
  }
  return out;
}

void check_all_levels(const Case& c, const std::vector<Engine*>& engines, SeededRandom& random) {
  const std::vector<std::int8_t> a = random_values(random, c.m * c.k);
  const std::vector<std::int8_t> b = random_values(random, c.n * c.k);
  std::vector<std::int32_t> want(c.m * c.n);
  cpu::igemm8_scalar(a.data(), b.data(), c.m, c.n, c.k, want.data(), c.n);
  for (const Engine* engine : engines) {
    INFO(cpu_level_name(engine->level()) << " " << c.m << "x" << c.n << "x" << c.k);
    REQUIRE(multiply(*engine, c, a, b) == want);
  }
}

}  // namespace

TEST_CASE("the definition is the sum of products") {
  SeededRandom random(1);
  for (int round = 0; round < 50; ++round) {
    const Case c{1 + random.below(9), 1 + random.below(9), 1 + random.below(70)};
    const std::vector<std::int8_t> a = random_values(random, c.m * c.k);
    const std::vector<std::int8_t> b = random_values(random, c.n * c.k);
    REQUIRE(multiply(Engine(CpuLevel::scalar), c, a, b) == plain(c, a, b));
  }
}

TEST_CASE("scalar = SSE2 = AVX2 = AVX-512 on 10,000 random tiles and 2,000 odd shapes") {
  std::vector<std::unique_ptr<Engine>> owned;
  std::vector<Engine*> engines;
  for (CpuLevel level : test::cpu_levels()) {
    engines.push_back(owned.emplace_back(std::make_unique<Engine>(level)).get());
  }
  SeededRandom random(2);
  for (int round = 0; round < 10000; ++round) check_all_levels({16, 16, 64}, engines, random);
  for (int round = 0; round < 2000; ++round) {
    check_all_levels({1 + random.below(40), 1 + random.below(70), 1 + random.below(200)}, engines,
                     random);
  }
}

TEST_CASE("the largest sums that K allows are exact on every level") {
  const Case c{2, 3, cpu::kDotMax};
  const std::int32_t most = 131072 * 127 * 127;
  for (int sign : {1, -1}) {
    const std::vector<std::int8_t> a(c.m * c.k, 127);
    const std::vector<std::int8_t> b(c.n * c.k, static_cast<std::int8_t>(127 * sign));
    for (CpuLevel level : test::cpu_levels()) {
      INFO(cpu_level_name(level));
      CHECK(multiply(Engine(level), c, a, b) == std::vector<std::int32_t>(6, sign * most));
    }
  }
}
