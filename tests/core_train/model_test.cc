// The committed model: what its files are, what it has learned, and that it can be trained further.
#include "core/base/file.h"
#include "core/compute/generate/model_config.h"
#include "core/compute/generate/tokenizer.h"
#include "core/compute/train/train_data.h"
#include "tests/core/compute/levels.h"
#include "tests/core_train/reference.h"
#include "tests/core_train/train_jobs.h"

namespace assay {
namespace {

using namespace compute;

const std::string kShape =
    R"("model":"transformer","vocab":1024,"hidden":128,"layers":4,"heads":4,"kv_heads":2,)"
    R"("ffn":384,"optimizer":"adam","learning_rate_ppm":100,"batch":1,)";

Bytes model_file(const std::string& name) {
  const Result<Bytes> file = read_file(ASSAY_VECTORS "/models/stories/" + name, 8 << 20);
  REQUIRE(file.ok());
  return file.value();
}

generate::Tokenizer tokenizer() {
  Result<generate::Tokenizer> out =
      generate::Tokenizer::parse(as_text(model_file("tokenizer.json")));
  REQUIRE(out.ok());
  return std::move(out.value());
}

std::vector<std::uint16_t> tokens_of(const std::string& text) {
  const std::vector<std::uint32_t> ids = tokenizer().encode(text, {.added_tokens = true});
  return {ids.begin(), ids.end()};
}

// Nats per token, by the reference in double.
double loss_of(const std::string& text) {
  const train::TrainParameters parameters =
      train::parse_train_parameters(
          wire::parse_json("{" + kShape + R"("sequence":2,"steps":1})").value())
          .value();
  const auto read = train::read_checkpoint(parameters, model_file("model.safetensors"));
  REQUIRE(read.ok());
  const std::span<const float> values = read.value();
  const std::vector<std::uint16_t> tokens = tokens_of(text);
  train::TransformerShape shape = parameters.transformer;
  shape.sequence = static_cast<std::uint32_t>(tokens.size() - 1);
  return test::transformer_loss(shape, tokens, {values.begin(), values.end()});
}

const std::string kStory =
    "<|begin|>Once there was a brave girl called Mia. She had a red ball and loved it very much. "
    "One sunny day Mia went to the park. But when she looked in her bag, the ball was gone. "
    "\"I will help you,\" said Tim. They looked together, and Tim found the ball under a bush. "
    "Mia hugged Tim and smiled. That night Mia fell asleep with a smile.<|end|>";

}  // namespace

TEST_CASE("stories: the files are a Hugging Face model of the right shape") {
  const auto config = generate::parse_model_config(as_text(model_file("config.json")));
  REQUIRE(config.ok());
  const generate::ModelConfig& model = config.value().pack.model;
  CHECK(model.vocabulary == 1024);
  CHECK(model.layers == 4);
  const generate::Tokenizer words = tokenizer();
  CHECK(words.vocabulary() == 1024);
  CHECK(words.added_token("<|begin|>") == 0U);
  CHECK(words.added_token("<|end|>") == 1U);
  const std::vector<std::uint16_t> tokens = tokens_of(kStory);
  CHECK(words.decode(std::vector<std::uint32_t>(tokens.begin(), tokens.end())).value() == kStory);
  CHECK(tokens.size() <= 110);  // words, mostly, not letters
}

TEST_CASE("stories: the model knows what follows in a story that it has not read") {
  const double right = loss_of(kStory);
  INFO(right);
  CHECK(right <= 0.7);
  std::string wrong = kStory;
  wrong.replace(wrong.find("She had"), 3, "He ");
  CHECK(loss_of(wrong) >= right + 0.03);
  wrong = kStory;
  wrong.replace(wrong.find("found the ball"), 14, "found the kite");
  CHECK(loss_of(wrong) >= right + 0.03);
}

TEST_CASE("stories: a step further is the same on every level") {
  const test::Files files{{"text", to_bytes(as_bytes(kStory))},
                          {"tokenizer", model_file("tokenizer.json")},
                          {"checkpoint", model_file("model.safetensors")}};
  const auto program = test::load_train("{" + kShape + R"("sequence":48,"steps":1})", files);
  REQUIRE(program.ok());
  const State want = test::run(*program.value(), Engine(CpuLevel::scalar, 2)).back();
  CHECK(test::numbers(want.back())[0] <= 1.0F);
  for (CpuLevel level : test::cpu_levels()) {
    INFO(cpu_level_name(level));
    CHECK(test::run(*program.value(), Engine(level, 2)).back() == want);
  }
}

}  // namespace assay
