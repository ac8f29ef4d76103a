#include "core/compute/generate/model_config.h"

#include <cmath>

#include "core/compute/generate/pack_layout.h"
#include "tests/catch.h"
#include "tests/core_generate_files/checkpoints.h"

using namespace assay;
using namespace assay::compute::generate;

namespace {

CheckpointConfig parsed(const test::TinyModel& model) {
  const Result<CheckpointConfig> config = model.generation
                                              ? parse_model_config(model.config, *model.generation)
                                              : parse_model_config(model.config);
  REQUIRE((config.ok() ? "" : config.error().what) == "");
  return config.value();
}

using Ids = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("each family's configuration is read as its model means it") {
  const CheckpointConfig llama = parsed(test::load_tiny_model("llama"));
  CHECK(llama.pack.model ==
        ModelConfig{319, 32, 2, 4, 2, 8, 48, 2048, 1e-05F, false, Ids{317, 318}, 316});
  CHECK_FALSE((llama.pack.qkv_bias || llama.pack.output_bias || llama.pack.mlp_bias));
  CHECK(llama.rope_base == 500000);
  CHECK(llama.scaling.kind == RopeScaling::Kind::llama3);

  const CheckpointConfig qwen = parsed(test::load_tiny_model("qwen2"));
  CHECK(qwen.pack.model ==
        ModelConfig{328, 32, 2, 4, 1, 8, 40, 1024, 1e-05F, true, Ids{317, 318}, 316});
  CHECK((qwen.pack.qkv_bias && !qwen.pack.output_bias && !qwen.pack.mlp_bias));

  const CheckpointConfig mistral = parsed(test::load_tiny_model("mistral"));
  CHECK(mistral.pack.model.head_size == 12);
  CHECK(mistral.pack.model.heads * mistral.pack.model.head_size != mistral.pack.model.hidden);
  CHECK(mistral.pack.model.stop_tokens == Ids{2});
  CHECK(mistral.scaling.kind == RopeScaling::Kind::none);
}

TEST_CASE("what a configuration may say differently") {
  struct Change {
    const char *model, *from, *to;
    std::function<bool(const CheckpointConfig&)> holds;
  };
  const Change changes[] = {
      {"llama", "\"attention_bias\": false", "\"attention_bias\": true",
       [](const auto& c) { return c.pack.qkv_bias && c.pack.output_bias; }},
      {"llama", "\"mlp_bias\": false", "\"mlp_bias\": true",
       [](const auto& c) { return c.pack.mlp_bias && !c.pack.qkv_bias; }},
      {"llama", "\"num_key_value_heads\": 2,", "",
       [](const auto& c) { return c.pack.model.kv_heads == 4; }},
      {"llama", "\"rope_theta\": 500000.0", "\"rope_theta\": 1e4",
       [](const auto& c) { return c.rope_base == 10000; }},
      {"mistral", "\"sliding_window\": null", "\"sliding_window\": 100",
       [](const auto& c) { return c.pack.model.context == 100; }},
      {"mistral", "\"sliding_window\": null", "\"sliding_window\": 4096",
       [](const auto& c) { return c.pack.model.context == 1024; }},
      {"qwen2", "\"use_sliding_window\": false", "\"use_sliding_window\": true",
       [](const auto& c) { return c.pack.model.context == 512; }},
      {"mistral", "\"bos_token_id\": 1", "\"bos_token_id\": null",
       [](const auto& c) { return !c.pack.model.begin_token; }},
      {"mistral", "\"rope_theta\": 10000.0",
       "\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 123.5}",
       [](const auto& c) { return c.rope_base == 123.5; }},
      {"mistral", "\"rope_theta\": 10000.0",
       "\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.5}",
       [](const auto& c) {
         return c.scaling.kind == RopeScaling::Kind::linear && c.scaling.factor == 2.5;
       }},
  };
  for (const Change& change : changes) {
    CAPTURE(change.from, change.to);
    test::TinyModel model = test::load_tiny_model(change.model);
    test::replace_once(model.config, change.from, change.to);
    CHECK(change.holds(parsed(model)));
  }
}

TEST_CASE("a configuration that asks for something else is refused by name") {
  struct Change {
    const char *model, *from, *to, *says;
  };
  const Change changes[] = {
      {"llama", "LlamaForCausalLM", "GemmaForCausalLM", "\"GemmaForCausalLM\" is none of"},
      {"llama", "\"silu\"", "\"gelu\"", "\"gelu\""},
      {"llama", "\"use_cache\": true", "\"quantization_config\": {}", "quantization_config"},
      {"llama", "\"use_cache\": true", "\"partial_rotary_factor\": 0.5", "partial_rotary_factor"},
      {"llama", "\"rope_type\": \"llama3\"", "\"rope_type\": \"yarn\"", "\"yarn\""},
      {"llama", "\"low_freq_factor\": 1.0", "\"low_freq_factor\": 4.0", "high_freq_factor"},
      {"llama", "\"factor\": 8.0", "\"factor\": 0.5", "factor"},
      {"llama", "\"rope_theta\": 500000.0", "\"rope_theta\": 0", "rope_theta"},
      {"llama", "\"rope_theta\": 500000.0", "\"rope_theta\": \"NaN\"", "rope_theta"},
      {"llama", "\"vocab_size\": 319", "\"vocab_size\": 0", "vocab_size"},
      {"llama", "\"vocab_size\": 319", "\"vocab_size\": 99999999999", "vocab_size"},
      {"llama", "\"vocab_size\": 319", "\"vocab_size\": 317", "stop token 317"},
      {"llama", "\"hidden_size\": 32", "\"hidden_size\": 131073", "hidden_size"},
      {"llama", "\"hidden_size\": 32", "\"hidden_size\": 33", "head_dim"},
      {"llama", "\"hidden_size\": 32", "\"hidden_size\": -32", "hidden_size"},
      {"llama", "\"hidden_size\": 32,", "", "hidden_size: is missing"},
      {"llama", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", "multiple of the 3"},
      {"llama", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1025", "num_hidden_layers"},
      {"llama", "\"rms_norm_eps\": 1e-05", "\"rms_norm_eps\": 0", "rms_norm_eps"},
      {"llama", "\"rms_norm_eps\": 1e-05", "\"rms_norm_eps\": 1e999", "no double"},
      {"llama", "\"use_cache\": true", "\"use_cache\": true, \"use_cache\": true", "second"},
      {"mistral", "\"head_dim\": 12", "\"head_dim\": 13", "head size 13 is not even"},
      {"mistral", "\"head_dim\": 12", "\"head_dim\": 514", "head size 514"},
      {"mistral", "\"eos_token_id\": 2", "\"eos_token_id\": [2, \"3\"]", "eos_token_id"},
      {"mistral", "\"eos_token_id\": 2", "\"eos_token_id\": 1048575", "stop token 1048575"},
      {"mistral", "\"bos_token_id\": 1", "\"bos_token_id\": 1048575", "begin token 1048575"},
      {"mistral", "\"use_cache\": true", "\"attention_bias\": true", "Llama's alone"},
  };
  for (const Change& change : changes) {
    test::TinyModel model = test::load_tiny_model(change.model);
    CAPTURE(change.from, change.to);
    test::replace_once(model.config, change.from, change.to);
    const Result<CheckpointConfig> config = parse_model_config(model.config);
    REQUIRE_FALSE(config.ok());
    CAPTURE(config.error().what);
    CHECK(config.error().code == Code::malformed);
    CHECK(config.error().what.find(change.says) != std::string::npos);
  }
  CHECK_FALSE(parse_model_config(std::string(100, '[')).ok());
  const Result<CheckpointConfig> generation =
      parse_model_config(test::load_tiny_model("mistral").config, "{\"eos_token_id\":[0.5]}");
  REQUIRE_FALSE(generation.ok());
  CHECK(generation.error().what.find("generation_config.json") == 0);
}

TEST_CASE("rotary frequencies are scaled as the models were trained") {
  CheckpointConfig config = parsed(test::load_tiny_model("llama"));
  config.pack.model.head_size = 128;
  config.scaling.original_context = 8192;
  const std::vector<double> scaled = scaled_rope_frequencies(config);
  config.scaling.kind = RopeScaling::Kind::none;
  const std::vector<double> plain = scaled_rope_frequencies(config);
  config.scaling.kind = RopeScaling::Kind::linear;
  const std::vector<double> linear = scaled_rope_frequencies(config);
  REQUIRE(plain.size() == 64);
  std::size_t kept = 0, slowed = 0, between = 0;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const double exact = std::pow(500000.0, -static_cast<double>(i) / 64);
    CHECK(std::abs(plain[i] - exact) <= 1e-12 * exact);
    CHECK(linear[i] == plain[i] / 8);
    kept += scaled[i] == plain[i];
    slowed += scaled[i] == plain[i] / 8;
    between += scaled[i] < plain[i] && scaled[i] > plain[i] / 8;
  }
  // By hand: wave < 8192 / 4 up to frequency 28, wave > 8192 from 35 on.
  CHECK(kept == 29);
  CHECK(slowed == 29);
  CHECK(between == 6);
}

TEST_CASE("a model that does not fit into memory is refused with its numbers") {
  // Llama 2 7B, and Llama 3 70B.
  PackConfig seven;
  seven.model = {32000, 4096, 32, 32, 32, 128, 11008, 4096, 1e-5F, false, {}, {}};
  const ModelMemory memory = model_memory(seven, 4096);
  CHECK(memory.weight_bytes > 6'738'000'000);
  CHECK(memory.weight_bytes < 6'760'000'000);
  CHECK(memory.cache_bytes == 4096ULL * 32 * 32 * (3 * 128 + 8));
  CHECK(check_memory(memory, memory.weight_bytes + memory.cache_bytes).ok());
  const Status refused = check_memory(memory, std::uint64_t{4} << 30);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().what.find(std::to_string(memory.weight_bytes)) != std::string::npos);
  CHECK(refused.error().what.find(std::to_string(memory.cache_bytes)) != std::string::npos);
  CHECK(refused.error().what.find("4294967296") != std::string::npos);
  CHECK_FALSE(check_memory(model_memory(seven, UINT64_MAX), UINT64_MAX - 1).ok());

  PackConfig largest;
  largest.model = {kVocabularyMax, kWidthMax,   kLayersMax, 1024,  1024, 128,
                   kWidthMax,      kContextMax, 1e-5F,      false, {},   {}};
  REQUIRE(check_model_config(largest.model).ok());
  const ModelMemory most = model_memory(largest, kContextMax);
  CHECK(most.weight_bytes > std::uint64_t{7} << 44);
  CHECK(most.weight_bytes < std::uint64_t{1} << 50);
}
