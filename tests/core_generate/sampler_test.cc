#include "core/compute/generate/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/compute/rx1/float_ops.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"
#include "tests/core_rx1_ops/numbers.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::generate;

namespace {

constexpr PhiloxKey kKey{0x12345678, 0x9ABCDEF0};

std::uint32_t chosen(const Sampling& sampling, const std::vector<float>& logits,
                     std::uint32_t sequence = 0, std::uint32_t position = 0,
                     CpuLevel level = CpuLevel::scalar) {
  const Result<std::uint32_t> out =
      Sampler(sampling, kKey).choose(logits, sequence, position, level);
  REQUIRE(out.ok());
  return out.value();
}

// The tokens that top-k and top-p keep, by the definition once more, with everything sorted and exp
// in double: the cases keep clear of where its last bits could decide.
std::vector<std::uint32_t> kept_plainly(const Sampling& s, const std::vector<float>& logits) {
  std::vector<std::uint32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) {
    return rx1::order_key(logits[a]) > rx1::order_key(logits[b]);
  });
  if (s.top_k > 0 && s.top_k < order.size()) order.resize(s.top_k);
  const double t = s.temperature_ppm / 1e6;
  std::vector<std::int64_t> count;
  std::int64_t total = 0;
  for (const std::uint32_t v : order) {
    const double p = std::exp(static_cast<double>(logits[v] - logits[order[0]]) / t);
    total += count.emplace_back(std::llround(p * 0x1p22));
  }
  if (s.top_p_ppm == kMillion) return order;
  std::vector<std::uint32_t> out;
  std::int64_t before = 0;
  for (std::size_t i = 0; i < order.size() && before * kMillion < total * s.top_p_ppm; ++i) {
    out.push_back(order[i]);
    before += count[i];
  }
  return out;
}

std::vector<std::uint32_t> kept(const Sampling& s, const std::vector<float>& logits) {
  std::vector<float> z;
  for (const float x : logits) z.push_back(x * (1e6F / static_cast<float>(s.temperature_ppm)));
  return Sampler(s, kKey).kept(logits, z).value_or(kept_plainly(s, logits));
}

}  // namespace

TEST_CASE("greedy takes the largest logit, and of equal ones the lowest token") {
  const Sampling greedy;
  CHECK(chosen(greedy, {1, 3, 2}) == 1);
  CHECK(chosen(greedy, {5}) == 0);
  CHECK(chosen(greedy, {-2, -1, -1, -3}) == 1);
  CHECK(chosen(greedy, {-0.0F, 0.0F, 0.0F}) == 1);
  CHECK(chosen(greedy, {7, 7, 7}) == 0);
}

TEST_CASE("logits that are not numbers have no next token") {
  const float infinity = rx1::from_bits(rx1::kInfinityBits);
  for (const float bad : {infinity, -infinity, rx1::from_bits(rx1::kNanBits)}) {
    for (const std::uint32_t temperature : {0U, kMillion}) {
      const Result<std::uint32_t> out =
          Sampler({temperature, 0, kMillion}, kKey).choose(std::vector<float>{1, bad, 2}, 0, 0);
      REQUIRE_FALSE(out.ok());
      CHECK(out.error().code == Code::malformed);
    }
  }
  CHECK_FALSE(
      Sampler({1000, 0, kMillion}, kKey).choose(std::vector<float>{0x1p126F, 1}, 0, 0).ok());
}

TEST_CASE("draws have the softmax's frequencies") {
  constexpr std::uint32_t kDraws = 40'000;
  const std::vector<float> logits = {0.5F, -1.25F, 2.0F, 1.0F, -3.0F, 0.5F, 1.75F};
  for (const Sampling& s : {Sampling{kMillion, 0, kMillion}, Sampling{700'000, 0, kMillion},
                            Sampling{2'500'000, 4, kMillion}, Sampling{kMillion, 0, 800'000}}) {
    const std::vector<std::uint32_t> stay = kept(s, logits);
    std::vector<double> want(logits.size(), 0.0);
    double total = 0;
    for (const std::uint32_t v : stay) {
      total += want[v] = std::exp(static_cast<double>(logits[v]) * 1e6 / s.temperature_ppm);
    }
    std::vector<double> got(logits.size(), 0.0);
    for (std::uint32_t i = 0; i < kDraws; ++i) got[chosen(s, logits, i % 3, i)] += 1;
    double chi_square = 0;
    for (std::size_t v = 0; v < logits.size(); ++v) {
      const double expected = want[v] / total * kDraws;
      if (expected == 0) {
        CHECK(got[v] == 0);
        continue;
      }
      chi_square += (got[v] - expected) * (got[v] - expected) / expected;
    }
    INFO("chi-square " << chi_square);
    CHECK(chi_square <= 22.5);  // 6 degrees of freedom: one in 1000 (the seed is fixed)
  }
}

TEST_CASE("top-k and top-p keep exactly the tokens of their definition") {
  SeededRandom random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<float> logits = test::normal(random, 1 + random.below(300), 2);
    for (std::size_t i = 1; i < logits.size(); i += 3) logits[i] = logits[i - 1];  // ties
    Sampling s;
    s.temperature_ppm = static_cast<std::uint32_t>(200'000 + random.below(3'000'000));
    if (round % 3 != 0) s.top_k = static_cast<std::uint32_t>(1 + random.below(320));
    if (round % 3 != 1) s.top_p_ppm = static_cast<std::uint32_t>(1 + random.below(kMillion));
    INFO("round " << round << ": top_k " << s.top_k << ", top_p " << s.top_p_ppm);
    REQUIRE(kept(s, logits) == kept_plainly(s, logits));
    const std::vector<std::uint32_t> stay = kept(s, logits);
    REQUIRE(std::ranges::find(stay, chosen(s, logits, 1, static_cast<std::uint32_t>(round))) !=
            stay.end());
  }
  CHECK(kept({kMillion, 2, kMillion}, {1, 2, 2, 2}) == std::vector<std::uint32_t>{1, 2});
  CHECK(kept({kMillion, 0, 1}, {1, 2, 2}) == std::vector<std::uint32_t>{1});
  // Four equal tokens: half of the mass is the first two, and a millionth more lets in a third.
  CHECK(kept({kMillion, 0, 500'000}, {3, 3, 3, 3}).size() == 2);
  CHECK(kept({kMillion, 0, 500'001}, {3, 3, 3, 3}).size() == 3);
}

TEST_CASE("a choice depends on seed, text and position, and on nothing else") {
  SeededRandom random(2);
  const std::vector<float> logits = test::normal(random, 1000);
  const Sampling s{kMillion, 0, kMillion};
  std::vector<std::uint32_t> by_position, by_text, by_key;
  for (std::uint32_t i = 0; i < 20; ++i) {
    by_position.push_back(chosen(s, logits, 0, i));
    by_text.push_back(chosen(s, logits, i, 0));
    by_key.push_back(Sampler(s, {i, 0}).choose(logits, 0, 0).value());
    for (const CpuLevel level : test::cpu_levels()) {
      REQUIRE(chosen(s, logits, 0, i, level) == by_position.back());
    }
  }
  CHECK(by_position != by_text);
  for (auto* list : {&by_position, &by_text, &by_key}) {
    std::ranges::sort(*list);
    CHECK(std::ranges::unique(*list).begin() - list->begin() >= 10);
  }
  // What is kept changes no noise: the choice of all is the choice of any set that holds it.
  const std::uint32_t of_all = chosen(s, logits);
  const std::vector<std::uint32_t> stay = kept({kMillion, 0, 999'000}, logits);
  if (std::ranges::find(stay, of_all) != stay.end()) {
    CHECK(chosen({kMillion, 0, 999'000}, logits) == of_all);
  }
}
