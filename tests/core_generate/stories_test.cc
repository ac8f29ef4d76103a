// The committed model against the textbook: does 8-bit arithmetic choose the same words?
#include <algorithm>

#include "core/base/file.h"
#include "core/compute/files/safetensors.h"
#include "core/compute/generate/tokenizer.h"
#include "core/compute/generate/transformer.h"
#include "tests/catch.h"
#include "tests/core_generate/float_model.h"

namespace assay::test {
namespace {

using namespace compute::generate;

const std::string kFolder = std::string(ASSAY_VECTORS) + "/models/stories/";

constexpr const char* kPrompts[] = {
    "Once upon a time there was a kind boy named Max.",
    "Once upon a time there was a curious boy named Leo. He had a pancake and a green kite.",
    "Once upon a time there was a happy boy named Will. One day Will and his teacher",
    "Once upon a time there was a brave girl named Rosie.",
    "Once upon a time there was a happy girl named Lily. She had a red ball.",
    "One day Sam and his friend went to the forest."};

ModelConfig stories_config() {
  ModelConfig c;
  c.vocabulary = 1024;
  c.hidden = 128;
  c.layers = 4;
  c.heads = 4;
  c.kv_heads = 2;
  c.head_size = 32;
  c.intermediate = 384;
  c.context = 256;
  c.norm_epsilon = 1e-5F;
  c.tied = true;
  return c;
}

template <class Row>
std::uint32_t largest(const Row& row) {
  return static_cast<std::uint32_t>(std::ranges::max_element(row) - row.begin());
}

// By how much the likeliest token's logit exceeds that of another.
double gap(const std::vector<double>& logits, std::uint32_t other) {
  return *std::ranges::max_element(logits) - logits[other];
}

// The prompt and what the model makes of it, the likeliest token each time, to its stop token 1.
std::vector<std::uint32_t> continued(const Transformer& model, std::vector<std::uint32_t> tokens) {
  constexpr std::size_t kLength = 160;
  const compute::Engine engine;
  KeyValues cache(model.config(), kLength);
  std::size_t done = 0;
  while (tokens.size() < kLength && tokens.back() != 1) {
    const Run run{&cache, done, std::span(tokens).subspan(done)};
    const auto hidden = model.forward(engine, {&run, 1}, CacheUse::fill).hidden;
    const std::span last = std::span(hidden).last(model.config().hidden);
    done = tokens.size();
    tokens.push_back(largest(model.logits(engine, last)));
  }
  return tokens;
}

TEST_CASE("the committed model chooses as a plain float computation of it does") {
  const Bytes file = read_file(kFolder + "model.safetensors", 16 << 20).value();
  const auto arrays = compute::parse_safetensors(file).value();
  const ModelConfig config = stories_config();
  const RandomModel source(config, [&](const std::string& name) {
    for (const compute::NamedArray& named : arrays) {
      if (named.name != name) continue;
      std::vector<float> out(named.array.data.size() / compute::number_bytes(named.array.type));
      compute::read_numbers(named.array, 0, out);
      return out;
    }
    FAIL("no tensor " << name);
    return std::vector<float>();
  });
  const Bytes json = read_file(kFolder + "tokenizer.json", 1 << 20).value();
  const Tokenizer tokenizer = Tokenizer::parse(as_text(json)).value();
  const ModelView view = source.view();
  for (const Precision precision : {Precision::w8a8, Precision::a16w8}) {
    const Transformer model(view, precision);
    std::size_t same = 0, all = 0;
    double widest = 0;
    for (const char* prompt : kPrompts) {
      std::vector<std::uint32_t> tokens = tokenizer.encode(prompt);
      tokens.insert(tokens.begin(), 0U);  // <|begin|>
      const std::size_t given = tokens.size();
      tokens = continued(model, std::move(tokens));
      const auto want = float_logits(source, tokens, Weights::original);
      for (std::size_t i = given; i < tokens.size(); ++i) {
        const bool agrees = tokens[i] == largest(want[i - 1]);
        same += agrees ? 1U : 0U;
        widest = agrees ? widest : std::max(widest, gap(want[i - 1], tokens[i]));
        ++all;
      }
    }
    INFO("precision " << static_cast<int>(precision) << ": " << same << " of " << all);
    CHECK(all >= 300);
    // What is left are words between which the model itself can hardly choose: a name, a colour.
    CHECK(same * 100 >= all * 99);
    CHECK(widest <= 0.1);
    std::printf(
        "greedy tokens, precision %d: %zu of %zu agree; else logits apart by at most %.3f\n",
        static_cast<int>(precision), same, all, widest);
  }
}

}  // namespace
}  // namespace assay::test
