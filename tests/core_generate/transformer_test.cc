#include "core/compute/generate/transformer.h"

#include <algorithm>
#include <cmath>

#include "core/compute/rx1/float_ops.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"
#include "tests/core_generate/float_model.h"
#include "tests/core_generate/random_model.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::generate;

namespace {

constexpr Precision kPrecisions[] = {Precision::w8a8, Precision::a16w8};

// Everything a pass leaves behind.
struct Trail {
  std::vector<float> hidden;
  std::vector<std::int16_t> k;
  std::vector<std::int8_t> v;
  std::vector<float> scales;
  bool operator==(const Trail&) const = default;
};

void remember(Trail& to, const KeyValues& cache, const ModelConfig& c) {
  for (std::size_t layer = 0; layer < c.layers; ++layer) {
    const rx1::KvCache part = cache.view(layer, 0, cache.capacity());
    to.k.insert(to.k.end(), part.k.begin(), part.k.end());
    to.v.insert(to.v.end(), part.v.begin(), part.v.end());
    to.scales.insert(to.scales.end(), part.k_scale.begin(), part.k_scale.end());
    to.scales.insert(to.scales.end(), part.v_scale.begin(), part.v_scale.end());
  }
}

// One text, cut into runs of these lengths (the last one repeats).
Trail by_runs(const Engine& engine, const Transformer& model,
              const std::vector<std::uint32_t>& tokens, const std::vector<std::size_t>& lengths) {
  KeyValues cache(model.config(), tokens.size());
  Trail out;
  std::size_t number = 0;
  for (std::size_t first = 0; first < tokens.size(); ++number) {
    const std::size_t want = lengths[std::min(number, lengths.size() - 1)];
    const std::size_t count = std::min(want, tokens.size() - first);
    const Run run{&cache, first, std::span(tokens).subspan(first, count)};
    const Transformer::Rows rows = model.forward(engine, {&run, 1}, CacheUse::fill);
    REQUIRE(rows.same.empty());
    out.hidden.insert(out.hidden.end(), rows.hidden.begin(), rows.hidden.end());
    first += count;
  }
  remember(out, cache, model.config());
  return out;
}

}  // namespace

TEST_CASE("prefill equals decode at every split, on every level, with any threads") {
  const test::RandomModel source(test::small_config(), 1, 4, true);
  const ModelView view = source.view();
  SeededRandom random(2);
  const std::vector<std::uint32_t> tokens = test::random_tokens(random, 70, 61);
  for (const Precision precision : kPrecisions) {
    const Transformer model(view, precision);
    const Trail whole = by_runs(Engine(CpuLevel::scalar), model, tokens, {tokens.size()});
    REQUIRE(std::ranges::none_of(whole.hidden, [](float x) { return rx1::is_nan(x); }));
    for (const CpuLevel level : test::cpu_levels()) {
      for (unsigned threads = 1; threads <= 4; ++threads) {
        const Engine engine(level, threads);
        for (const std::vector<std::size_t>& lengths :
             {std::vector<std::size_t>{1}, {2}, {3}, {5}, {7}, {16}, {32}, {69, 1}, {1, 69}}) {
          if (threads > 1 && lengths[0] % 2 == 0) continue;
          INFO(cpu_level_name(level) << ", " << threads << " threads, runs of " << lengths[0]);
          REQUIRE(by_runs(engine, model, tokens, lengths) == whole);
        }
      }
    }
  }
}

TEST_CASE("texts that go through together do not notice each other") {
  const test::RandomModel source(test::small_config(), 3);
  const ModelView view = source.view();
  SeededRandom random(4);
  for (const Precision precision : kPrecisions) {
    const Transformer model(view, precision);
    const Engine engine;
    std::vector<std::vector<std::uint32_t>> texts;
    std::vector<KeyValues> caches;
    for (const std::size_t length : {1U, 9U, 33U, 4U}) {
      texts.push_back(test::random_tokens(random, length, 61));
      caches.emplace_back(model.config(), length);
    }
    std::vector<Run> runs;
    for (const std::size_t i : {2U, 0U, 3U, 1U}) runs.push_back({&caches[i], 0, texts[i]});
    const Transformer::Rows together = model.forward(engine, runs, CacheUse::fill);
    std::size_t at = 0;
    for (const std::size_t i : {2U, 0U, 3U, 1U}) {
      const Trail alone = by_runs(engine, model, texts[i], {1});
      const std::size_t size = texts[i].size() * model.config().hidden;
      REQUIRE(std::equal(alone.hidden.begin(), alone.hidden.end(),
                         together.hidden.begin() + static_cast<std::ptrdiff_t>(at)));
      REQUIRE(alone.hidden.size() == size);
      Trail kept;
      remember(kept, caches[i], model.config());
      REQUIRE((kept.k == alone.k && kept.v == alone.v && kept.scales == alone.scales));
      at += size;
    }
    const std::vector<float> logits = model.logits(engine, together.hidden);
    const std::size_t width = model.config().hidden;
    for (std::size_t row = 0; row * width < together.hidden.size(); row += 5) {
      const std::vector<float> alone =
          model.logits(engine, std::span(together.hidden).subspan(row * width, width));
      REQUIRE(std::equal(alone.begin(), alone.end(),
                         logits.begin() + static_cast<std::ptrdiff_t>(row * 61)));
    }
  }
}

TEST_CASE("comparing finds exactly the rows whose keys or values are not theirs") {
  const test::RandomModel source(test::small_config(), 5);
  const ModelView view = source.view();
  const Transformer model(view, Precision::w8a8);
  const Engine engine;
  SeededRandom random(6);
  const std::vector<std::uint32_t> tokens = test::random_tokens(random, 40, 61);
  KeyValues honest(model.config(), tokens.size());
  const Run all{&honest, 0, tokens};
  model.forward(engine, {&all, 1}, CacheUse::fill);
  CHECK(model.forward(engine, {&all, 1}, CacheUse::compare).same ==
        std::vector<bool>(tokens.size(), true));
  for (int kind = 0; kind < 4; ++kind) {
    KeyValues bad = honest;
    // In the last layer, so that nothing else follows from what is wrong.
    const KeyValues::Part part = bad.part(1, 17, 1);
    if (kind == 0) part.k[3] = static_cast<std::int16_t>(part.k[3] ^ 1);
    if (kind == 1) part.v[0] = static_cast<std::int8_t>(part.v[0] > 0 ? part.v[0] - 1 : 1);
    if (kind == 2) part.k_scale[1] = rx1::from_bits(rx1::bits(part.k_scale[1]) + 1);
    if (kind == 3) part.v_scale[0] = 0;
    // Two runs with a gap.
    const Run runs[] = {{&bad, 3, std::span(tokens).subspan(3, 5)},
                        {&bad, 15, std::span(tokens).subspan(15, 10)}};
    std::vector<bool> want(15, true);
    want[7] = false;
    CHECK(model.forward(engine, runs, CacheUse::compare).same == want);
  }
}

namespace {

struct Agreement {
  std::size_t greedy = 0;  // tokens of which the largest logit is the same
  double error = 0;        // of the logits, relative
};

Agreement compare(const std::vector<float>& got, const std::vector<std::vector<double>>& want) {
  Agreement out;
  std::vector<double> flat;
  for (std::size_t i = 0; i < want.size(); ++i) {
    const auto row = got.begin() + static_cast<std::ptrdiff_t>(flat.size());
    const auto size = static_cast<std::ptrdiff_t>(want[i].size());
    if (std::max_element(row, row + size) - row ==
        std::ranges::max_element(want[i]) - want[i].begin()) {
      ++out.greedy;
    }
    flat.insert(flat.end(), want[i].begin(), want[i].end());
  }
  out.error = test::relative_error(got, flat);
  return out;
}

}  // namespace

TEST_CASE("the pass is the textbook's in double precision, to what 8 bits hold") {
  constexpr std::size_t kTokens = 400;
  SeededRandom random(7);
  const Engine engine;
  ModelConfig config = test::small_config();
  config.vocabulary = 211;
  config.hidden = 128;
  config.layers = 3;
  config.head_size = 32;
  config.intermediate = 256;
  for (const bool biases : {false, true}) {
    const test::RandomModel source(config, 8, 4, biases, true);
    const ModelView view = source.view();
    const std::vector<std::uint32_t> tokens = test::random_tokens(random, kTokens, 211);
    const auto original = test::float_logits(source, tokens, test::Weights::original);
    const auto dequantised = test::float_logits(source, tokens, test::Weights::dequantised);
    for (const Precision precision : kPrecisions) {
      const Transformer model(view, precision);
      KeyValues cache(config, tokens.size());
      const Run run{&cache, 0, tokens};
      const std::vector<float> logits =
          model.logits(engine, model.forward(engine, {&run, 1}, CacheUse::fill).hidden);
      const Agreement all = compare(logits, original), activations = compare(logits, dequantised);
      INFO("biases " << biases << ", precision " << static_cast<int>(precision) << ": "
                     << all.greedy << " and " << activations.greedy << " of the tokens, errors "
                     << all.error << " and " << activations.error);
      CHECK(all.greedy >= kTokens * 99 / 100);
      CHECK(activations.greedy >= kTokens * 99 / 100);
      CHECK(all.error <= 0.04);
      CHECK(activations.error <= (precision == Precision::a16w8 ? 0.006 : 0.03));
    }
  }
}
