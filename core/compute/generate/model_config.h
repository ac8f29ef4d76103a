// The config.json of a Hugging Face model, as far as we compute with such models. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/compute/generate/model.h"

namespace assay::compute::generate {

// Limits of every model. The width of a matrix is bounded by cpu::kDotMax, so that sums are exact.
inline constexpr std::uint32_t kVocabularyMax = std::uint32_t{1} << 20;
inline constexpr std::uint32_t kWidthMax = 131072;
inline constexpr std::uint32_t kLayersMax = 1024;
inline constexpr std::uint32_t kHeadsMax = 1024;
inline constexpr std::uint32_t kContextMax = std::uint32_t{1} << 20;
inline constexpr std::size_t kStopTokensMax = 16;

// What each part of a pack has, beyond the sizes of ModelConfig.
struct PackConfig {
  ModelConfig model;
  bool qkv_bias = false;
  bool output_bias = false;  // of o
  bool mlp_bias = false;     // of gate, up and down
  bool operator==(const PackConfig&) const = default;
};

//   malformed    a size outside the limits or that does not fit another, named
Status check_model_config(const ModelConfig& config);

// How the rotary frequencies follow from their base.
struct RopeScaling {
  enum class Kind { none, linear, llama3 };
  Kind kind = Kind::none;
  double factor = 1;         // >= 1
  double low_frequency = 1;  // llama3: low_freq_factor < high_freq_factor
  double high_frequency = 4;
  double original_context = 0;  // llama3, tokens
};

struct CheckpointConfig {
  PackConfig pack;
  double rope_base = 10000;
  RopeScaling scaling;
};

// Reads config.json, and generation_config.json where there is one, of LlamaForCausalLM,
// Qwen2ForCausalLM and MistralForCausalLM. Members that say nothing about the computation are not
// looked at; those that ask for what we do not do are refused:
//   - another architecture or activation, quantised weights, rotary scaling other than linear and
//     llama3, part of a head rotated
// A sliding window becomes the limit of the context, within which it has no effect (Qwen2: only
// with use_sliding_window).
// The stop tokens are those of both files. begin_token is bos_token_id; whether the tokenizer puts
// it before prompts is for the tokenizer to say (pack_writer.h).
//   malformed    not of the schema, outside the limits, or refused as above
Result<CheckpointConfig> parse_model_config(std::string_view config,
                                            std::optional<std::string_view> generation = {});

// head_size / 2 of them, in [0, 1]: rx1::rope_frequencies(), then by f64 operations
//   linear   f / factor
//   llama3   with wave = 2 pi / f and c = original_context:
//            f / factor            where wave > c / low_frequency
//            f                     where wave < c / high_frequency
//            (1 - s) * f / factor + s * f  else, s = (c / wave - low) / (high - low)
std::vector<double> scaled_rope_frequencies(const CheckpointConfig& config);

}  // namespace assay::compute::generate
