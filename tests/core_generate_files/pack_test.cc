#include "core/compute/generate/pack.h"

#include <limits>

#include "core/base/file.h"
#include "core/compute/generate/manifest.h"
#include "core/compute/rx1/quantize.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"
#include "tests/core_generate_files/checkpoints.h"

using namespace assay;
using namespace assay::compute;
using namespace assay::compute::generate;

namespace {

Bytes made(const test::TinyModel& model, const test::Filing& filing = {},
           const Engine& engine = Engine()) {
  Result<Bytes> pack = test::pack_of(model, filing, engine);
  REQUIRE((pack.ok() ? "" : pack.error().what) == "");
  return std::move(pack.value());
}

// The rows of a matrix are what quantize_rows makes of the tensor's.
void check_rows(const rx1::RowsS8& rows, const test::TinyTensor& tensor) {
  REQUIRE(rows.rows() == tensor.dims[0]);
  REQUIRE(rows.width() == tensor.dims[1]);
  std::vector<std::int8_t> q(tensor.values.size());
  std::vector<float> scale(tensor.dims[0]);
  rx1::quantize_rows(Engine(), tensor.values, tensor.dims[1], std::span(q), scale);
  CHECK(std::ranges::equal(rows.q, q));
  CHECK(std::ranges::equal(rows.scale, scale));
}

void check_floats(std::span<const float> found, const test::TinyModel& model,
                  const std::string& name) {
  const auto tensor = model.tensors.find(name);
  const std::vector<float> none;
  CHECK(std::ranges::equal(found, tensor == model.tensors.end() ? none : tensor->second.values));
}

void check_linear(const Linear& linear, const test::TinyModel& model, const std::string& name) {
  check_rows(linear.weight, model.tensors.at(name + ".weight"));
  check_floats(linear.bias, model, name + ".bias");
}

}  // namespace

TEST_CASE("a pack is the one that the independent converter makes") {
  for (const char* name : test::kTinyModels) {
    CAPTURE(name);
    const Bytes pack = made(test::load_tiny_model(name));
    const Manifest manifest = manifest_of(Engine(), pack);
    const auto expected = read_file(test::tiny_folder(name) + ".pack.txt", 1000);
    REQUIRE(expected.ok());
    CHECK(manifest.root().hex() + " " + std::to_string(pack.size()) + "\n" ==
          as_text(expected.value()));
  }
}

TEST_CASE("a pack does not depend on files, their number, order or type, nor on the engine") {
  for (const char* name : test::kTinyModels) {
    const test::TinyModel model = test::load_tiny_model(name);
    const Bytes pack = made(model);
    for (const NumberType type : {NumberType::f32, NumberType::f16, NumberType::bf16}) {
      for (const std::size_t files : {1U, 2U, 5U}) {
        for (const bool backwards : {false, true}) {
          CAPTURE(name, files, backwards);
          CHECK((made(model, {type, files, backwards}) == pack));
        }
      }
    }
    for (const CpuLevel level : test::cpu_levels()) {
      CHECK((made(model, {}, Engine(level, 3)) == pack));
    }
  }
}

TEST_CASE("the view of a pack has the model's numbers") {
  for (const char* name : test::kTinyModels) {
    CAPTURE(name);
    const test::TinyModel model = test::load_tiny_model(name);
    Result<Pack> parsed = Pack::from_bytes(Engine(), made(model));
    REQUIRE((parsed.ok() ? "" : parsed.error().what) == "");
    const Pack pack = std::move(parsed.value());  // views survive that
    const ModelView& view = pack.model();
    const Result<CheckpointConfig> config =
        parse_model_config(model.config, model.generation.value_or("{}"));
    CHECK(std::ranges::equal(view.rope_frequency, scaled_rope_frequencies(config.value())));
    check_rows(view.embedding, model.tensors.at("model.embed_tokens.weight"));
    REQUIRE(view.layers.size() == view.config.layers);
    for (std::size_t i = 0; i < view.layers.size(); ++i) {
      const LayerView& layer = view.layers[i];
      const std::string at = "model.layers." + std::to_string(i) + ".";
      check_floats(layer.attention_norm, model, at + "input_layernorm.weight");
      check_linear(layer.q, model, at + "self_attn.q_proj");
      check_linear(layer.k, model, at + "self_attn.k_proj");
      check_linear(layer.v, model, at + "self_attn.v_proj");
      check_linear(layer.o, model, at + "self_attn.o_proj");
      check_floats(layer.mlp_norm, model, at + "post_attention_layernorm.weight");
      check_linear(layer.gate, model, at + "mlp.gate_proj");
      check_linear(layer.up, model, at + "mlp.up_proj");
      check_linear(layer.down, model, at + "mlp.down_proj");
    }
    check_floats(view.final_norm, model, "model.norm.weight");
    check_rows(view.head,
               model.tensors.at(view.config.tied ? "model.embed_tokens.weight" : "lm_head.weight"));
    CHECK((view.head.q.data() == view.embedding.q.data()) == view.config.tied);
    CHECK(pack.tokenizer_json() == model.tokenizer);
    const Result<Tokenizer> tokenizer = pack.tokenizer();
    REQUIRE(tokenizer.ok());
    // Qwen2 has a bos_token_id, but its tokenizer puts nothing before texts.
    CHECK(view.config.begin_token.has_value() == (std::string(name) != "qwen2"));
    CHECK(view.config.begin_token == tokenizer.value().begin_token());
  }
}

TEST_CASE("a checkpoint that is not whole, or not of numbers, is refused by the tensor's name") {
  const float kNan = std::numeric_limits<float>::quiet_NaN();
  const float kInfinity = std::numeric_limits<float>::infinity();
  struct Change {
    std::function<void(test::TinyModel&)> change;
    const char* says;
  };
  const std::string layer = "model.layers.1.";
  const auto set = [&](std::string name, std::size_t at, float value) {
    return [=](test::TinyModel& model) { model.tensors.at(name).values[at] = value; };
  };
  const Change changes[] = {
      {[](auto& m) { m.tensors.erase("model.norm.weight"); }, "\"model.norm.weight\" is missing"},
      {[](auto& m) { m.tensors.erase("lm_head.weight"); }, "\"lm_head.weight\" is missing"},
      {[&](auto& m) { m.tensors.erase(layer + "mlp.up_proj.weight"); },
       "\"model.layers.1.mlp.up_proj.weight\" is missing"},
      {[](auto& m) {
         m.tensors["model.extra"] = {{1}, {0}};
       },
       "\"model.extra\" has no place"},
      {[&](auto& m) {
         m.tensors[layer + "self_attn.q_proj.bias"] = {{32}, std::vector<float>(32)};
       },
       "q_proj.bias\" has no place"},
      {[&](auto& m) {
         m.tensors["model.layers.2.input_layernorm.weight"] = {{1}, {0}};
       },
       "\"model.layers.2.input_layernorm.weight\" has no place"},
      {[](auto& m) {
         m.tensors.at("lm_head.weight").dims = {32, 319};
       },
       "shape [32, 319] where the configuration needs [319, 32]"},
      {[](auto& m) {
         m.tensors.at("model.norm.weight").dims = {32, 1};
       },
       "shape [32, 1]"},
      {set("lm_head.weight", 100, kNan),
       "\"lm_head.weight\" has a value that is NaN or infinite "
       "in its row 3"},
      {set("model.embed_tokens.weight", 0, -kInfinity), "in its row 0"},
      {set("model.norm.weight", 31, kInfinity),
       "\"model.norm.weight\" has a value that is NaN or "
       "infinite in its element 31"},
      {[](auto& m) { test::replace_once(m.tokenizer, "\"merges\"", "\"merged\""); },
       "tokenizer.json: model: merges"},
      {[](auto& m) {
         test::replace_once(m.config, "\"vocab_size\": 319", "\"vocab_size\": 318");
         m.generation.reset();
         test::replace_once(m.config, "317,", "1,");
         test::replace_once(m.config, "    318", "    2");
       },
       "tokenizer.json has 319 tokens where config.json says vocab_size 318"},
  };
  for (const Change& change : changes) {
    test::TinyModel model = test::load_tiny_model("llama");
    change.change(model);
    const Result<Bytes> pack = test::pack_of(model);
    CAPTURE(change.says);
    REQUIRE_FALSE(pack.ok());
    CAPTURE(pack.error().what);
    CHECK(pack.error().code == Code::malformed);
    CHECK(pack.error().what.find(change.says) != std::string::npos);
  }
}

TEST_CASE("tensors that say nothing are passed over") {
  test::TinyModel model = test::load_tiny_model("qwen2");
  const Bytes pack = made(model);
  model.tensors["lm_head.weight"] = model.tensors.at("model.embed_tokens.weight");
  model.tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = {{4}, {1, 2, 3, 4}};
  CHECK((made(model) == pack));
}
