#include "core/compute/rx1/attention.h"

#include <algorithm>

#include "core/compute/rx1/float_ops.h"
#include "core/compute/rx1/layer_ops.h"
#include "core/compute/rx1/limb_gemm.h"
#include "core/compute/rx1/quantize.h"
#include "core/compute/rx1/rope.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"
#include "tests/core_rx1_ops/numbers.h"

using namespace assay;
using namespace assay::compute;

namespace {

template <class T>
struct Quantized {
  std::vector<T> q;
  std::vector<float> scale;
  void append(const Engine& engine, const std::vector<float>& x, std::size_t width) {
    const std::size_t rows = scale.size();
    scale.resize(rows + x.size() / width);
    q.resize(q.size() + x.size());
    rx1::quantize_rows(engine, x, width, std::span(q).subspan(rows * width),
                       std::span(scale).subspan(rows));
  }
};

struct Cache {
  Quantized<std::int16_t> k;
  Quantized<std::int8_t> v;
  rx1::KvCache view() const { return {k.q, k.scale, v.q, v.scale}; }
};

std::vector<float> attend(const Engine& engine, const rx1::AttentionShape& shape,
                          std::uint64_t first, const std::vector<float>& q, const Cache& cache) {
  Quantized<std::int16_t> queries;
  queries.append(engine, q, shape.head_size);
  std::vector<float> out(q.size(), 99);
  rx1::attention(engine, shape, first, queries.q, queries.scale, cache.view(), out);
  return out;
}

// Softmax attention as the textbook has it, of the numbers before they were quantised.
std::vector<double> textbook(const rx1::AttentionShape& shape, std::uint64_t first,
                             const std::vector<float>& q, const std::vector<float>& k,
                             const std::vector<float>& v) {
  const std::size_t size = shape.head_size, group = shape.heads / shape.kv_heads;
  std::vector<double> out(q.size(), 0.0);
  for (std::size_t item = 0; item < q.size() / size; ++item) {
    const std::size_t kv = item % shape.heads / group;
    std::vector<double> weight(first + item / shape.heads + 1);
    double sum = 0;
    for (std::size_t j = 0; j < weight.size(); ++j) {
      double score = 0;
      for (std::size_t d = 0; d < size; ++d) {
        score += static_cast<double>(q[item * size + d]) *
                 static_cast<double>(k[(j * shape.kv_heads + kv) * size + d]);
      }
      weight[j] = std::exp(score * static_cast<double>(shape.score_scale));
      sum += weight[j];
    }
    for (std::size_t j = 0; j < weight.size(); ++j) {
      for (std::size_t d = 0; d < size; ++d) {
        out[item * size + d] +=
            weight[j] / sum * static_cast<double>(v[(j * shape.kv_heads + kv) * size + d]);
      }
    }
  }
  return out;
}

}  // namespace

TEST_CASE("attention is the textbook's to the precision of 8-bit values") {
  SeededRandom random(1);
  const Engine engine;
  struct Case {
    std::size_t heads, kv_heads, head_size, positions;
    double sharpness;  // deviation of the scores
  };
  for (const Case& c : {Case{4, 2, 64, 40, 1}, Case{2, 1, 128, 700, 2}, Case{1, 1, 80, 1600, 4}}) {
    const rx1::AttentionShape shape{c.heads, c.kv_heads, c.head_size,
                                    1 / std::sqrt(static_cast<float>(c.head_size))};
    const std::size_t rows = 3, first = c.positions - rows;
    const auto q = test::normal(random, rows * c.heads * c.head_size, c.sharpness);
    const auto k = test::normal(random, c.positions * c.kv_heads * c.head_size);
    const auto v = test::normal(random, c.positions * c.kv_heads * c.head_size);
    Cache cache;
    cache.k.append(engine, k, c.head_size);
    cache.v.append(engine, v, c.head_size);
    const double error = test::relative_error(attend(engine, shape, first, q, cache),
                                              textbook(shape, first, q, k, v));
    INFO(c.positions << " positions: error " << error);
    CHECK(error <= 1e-2);
  }
}

TEST_CASE("a query that sees one position gets its value, dequantised") {
  SeededRandom random(2);
  const Engine engine;
  const std::vector<float> x = test::normal(random, 32);
  Cache cache;
  cache.k.append(engine, x, 32);
  cache.v.append(engine, x, 32);
  const std::vector<float> out = attend(engine, {1, 1, 32, 0.2F}, 0, x, cache);
  for (std::size_t d = 0; d < 32; ++d) {
    const double want = cache.v.q[d] * static_cast<double>(cache.v.scale[0]);
    CHECK(std::abs(static_cast<double>(out[d]) - want) <= 1e-6 * std::abs(want));
  }
}

TEST_CASE("positions after a query's own change nothing") {
  SeededRandom random(3);
  const Engine engine;
  const rx1::AttentionShape shape{2, 1, 24, 0.2F};
  const std::size_t positions = 1030;
  Cache cache;
  cache.k.append(engine, test::normal(random, positions * 24), 24);
  cache.v.append(engine, test::normal(random, positions * 24), 24);
  const std::vector<float> q = test::normal(random, 48);
  for (std::uint64_t first : {0U, 5U, 510U, 511U, 512U, 1023U, 1024U}) {
    Cache poisoned = cache;
    for (std::size_t j = first + 1; j < positions; ++j) {
      poisoned.k.scale[j] = poisoned.v.scale[j] = rx1::from_bits(rx1::kNanBits);
      std::fill_n(poisoned.k.q.begin() + static_cast<std::ptrdiff_t>(j * 24), 24, std::int16_t{1});
    }
    const std::vector<float> want = attend(engine, shape, first, q, cache);
    REQUIRE(attend(engine, shape, first, q, poisoned) == want);
    REQUIRE_FALSE(rx1::is_nan(want[0]));
  }
}

TEST_CASE("scores that overflow give NaN, never wrong numbers") {
  const Engine engine;
  Cache cache;
  cache.k.append(engine, std::vector<float>(8, 0x1p100F), 4);
  cache.v.append(engine, std::vector<float>(8, 1.0F), 4);
  for (float x : attend(engine, {1, 1, 4, 1.0F}, 1, std::vector<float>(4, 0x1p100F), cache)) {
    CHECK(rx1::bits(x) == rx1::kNanBits);
  }
}

TEST_CASE("the largest head with the largest numbers is exact on every level") {
  for (std::int32_t sign : {1, -1}) {
    const std::size_t size = rx1::kHeadSizeMax, positions = 520;
    const auto most = static_cast<std::int16_t>(16319 * sign);
    const std::vector<std::int16_t> q(size, 16319), k(positions * size, most);
    const std::vector<std::int8_t> v(positions * size, static_cast<std::int8_t>(127 * sign));
    const std::vector<float> one(positions, 1.0F);
    for (CpuLevel level : test::cpu_levels()) {
      INFO(cpu_level_name(level));
      std::vector<float> out(size, 99);
      rx1::attention(Engine(level), {1, 1, size, 1.0F}, positions - 1, q, std::span(one).first(1),
                     {k, one, v, one}, out);
      for (float x : out) REQUIRE(std::abs(x - static_cast<float>(127 * sign)) <= 1e-4F);
    }
  }
}

namespace {

// A decoder layer as `generate` will have it, small: what prefill and decode must agree on.
class Decoder {
 public:
  explicit Decoder(std::uint64_t seed) : random_(seed) {
    for (auto* weight : {&qkv_, &out_, &gate_, &up_}) {
      weight->append(
          engine_,
          test::normal(random_, weight == &qkv_ ? 4 * kWidth * kWidth / 2 : kWidth * kWidth, 0.2),
          kWidth);
    }
    gain_ = test::normal(random_, kWidth);
    frequency_.resize(kSize / 2);
    rx1::rope_frequencies(10'000, frequency_);
  }

  // The tokens x (rows, kWidth) at the positions after those of the cache.
  std::vector<float> run(const Engine& engine, const std::vector<float>& x, Cache& cache) const {
    const std::size_t rows = x.size() / kWidth, first = cache.k.scale.size() / kKvHeads;
    std::vector<float> qkv = linear(engine, normalize(engine, x), qkv_);
    std::vector<float> q, k, v;
    for (std::size_t row = 0; row < rows; ++row) {
      const auto at = qkv.begin() + static_cast<std::ptrdiff_t>(row * 2 * kWidth);
      q.insert(q.end(), at, at + kWidth);
      k.insert(k.end(), at + kWidth, at + kWidth + kKvHeads * kSize);
      v.insert(v.end(), at + kWidth + kKvHeads * kSize, at + 2 * kWidth);
    }
    std::vector<float> cosine(rows * kSize / 2), sine(rows * kSize / 2);
    rx1::rope_table(engine, frequency_, first, cosine, sine);
    rx1::rotate(engine, q, kHeads, kSize, cosine, sine);
    rx1::rotate(engine, k, kKvHeads, kSize, cosine, sine);
    cache.k.append(engine, k, kSize);
    cache.v.append(engine, v, kSize);
    std::vector<float> y = attend(engine, {kHeads, kKvHeads, kSize, 0.25F}, first, q, cache);
    y = linear(engine, y, out_);
    rx1::add_residual(engine, y, x, y);
    const std::vector<float> h = normalize(engine, y);
    std::vector<float> gated(h.size());
    rx1::swiglu(engine, linear(engine, h, gate_), linear(engine, h, up_), gated);
    rx1::add_residual(engine, gated, y, y);
    return y;
  }

  static constexpr std::size_t kHeads = 4, kKvHeads = 2, kSize = 16, kWidth = kHeads * kSize;

 private:
  std::vector<float> normalize(const Engine& engine, const std::vector<float>& x) const {
    std::vector<float> y(x.size());
    rx1::rms_norm(engine, x, gain_, 1e-5F, y);
    return y;
  }
  std::vector<float> linear(const Engine& engine, const std::vector<float>& x,
                            const Quantized<std::int8_t>& weight) const {
    Quantized<std::int8_t> a;
    a.append(engine, x, kWidth);
    std::vector<float> y(a.scale.size() * weight.scale.size());
    rx1::gemm_a8w8(engine, {a.q, a.scale}, {weight.q, weight.scale}, {}, y);
    return y;
  }

  Engine engine_{};
  SeededRandom random_;
  Quantized<std::int8_t> qkv_{}, out_{}, gate_{}, up_{};
  std::vector<float> gain_{};
  std::vector<double> frequency_{};
};

}  // namespace

TEST_CASE("prefill equals decode bit for bit, however the tokens are split") {
  constexpr std::size_t kTokens = 1100, kWidth = Decoder::kWidth;  // three blocks
  const Decoder decoder(7);
  SeededRandom random(8);
  const std::vector<float> x = test::normal(random, kTokens * kWidth);
  Cache whole_cache;
  const std::vector<float> whole = decoder.run(Engine(), x, whole_cache);
  REQUIRE(std::none_of(whole.begin(), whole.end(), [](float y) { return rx1::is_nan(y); }));
  for (int round = 0; round < 4; ++round) {
    const Engine engine(
        test::cpu_levels()[static_cast<std::size_t>(round) % test::cpu_levels().size()],
        1 + static_cast<unsigned>(round));
    Cache cache;
    std::vector<float> parts;
    while (parts.size() < x.size()) {
      // Round 0 decodes: one token at a time.
      const std::size_t done = parts.size() / kWidth;
      const std::size_t most = round == 0 ? 1 : round == 1 ? 7 : 600;
      const std::size_t count = std::min(kTokens - done, 1 + random.below(most));
      const auto at = x.begin() + static_cast<std::ptrdiff_t>(parts.size());
      const std::vector<float> part(at, at + static_cast<std::ptrdiff_t>(count * kWidth));
      const std::vector<float> y = decoder.run(engine, part, cache);
      parts.insert(parts.end(), y.begin(), y.end());
    }
    INFO(cpu_level_name(engine.level()) << ", " << engine.threads() << " threads");
    REQUIRE(parts == whole);
    REQUIRE((cache.k.q == whole_cache.k.q && cache.v.q == whole_cache.v.q));
    REQUIRE((cache.k.scale == whole_cache.k.scale && cache.v.scale == whole_cache.v.scale));
  }
}
