#include "core/compute/generate/model_config.h"

#include <algorithm>

#include "core/compute/cpu/igemm8.h"
#include "core/compute/rx1/attention.h"
#include "core/compute/rx1/rope.h"
#include "core/wire/json.h"
#include "core/wire/text.h"

namespace assay::compute::generate {
namespace {

using wire::Json;

static_assert(kWidthMax <= cpu::kDotMax);

constexpr std::size_t kConfigBytesMax = std::size_t{1} << 20;
constexpr double kTwoPi = 0x1.921fb54442d18p2;
constexpr double kRopeBaseMax = 0x1p64;
constexpr double kFactorMax = 0x1p20;

// Reads members of config.json. The first failure sticks. Absent and null are the same.
class Config {
 public:
  explicit Config(const Json& object) : object_(object) {
    if (!object.is_object()) note("config", "is no object");
  }

  const Json* find(std::string_view key) const {
    const Json* found = object_.find(key);
    return found == nullptr || found->is_null() ? nullptr : found;
  }

  std::uint32_t u32(std::string_view key, std::uint32_t max,
                    std::optional<std::uint32_t> otherwise = {}) {
    const Json* value = find(key);
    if (value == nullptr && otherwise) return *otherwise;
    if (value == nullptr) return note(key, "is missing"), 0;
    const std::optional<std::uint64_t> number = value->as_u64();
    if (!number || *number < 1 || *number > max) {
      return note(key, "is no integer in 1.." + std::to_string(max)), 0;
    }
    return static_cast<std::uint32_t>(*number);
  }

  double number(std::string_view key, double min, double max, std::optional<double> otherwise) {
    const Json* value = find(key);
    if (value == nullptr && otherwise) return *otherwise;
    if (value == nullptr) return note(key, "is missing"), min;
    if (!value->is_number() || !(value->as_double() >= min && value->as_double() <= max)) {
      return note(key, "is no number in its range"), min;
    }
    return value->as_double();
  }

  bool flag(std::string_view key) {
    const Json* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_bool()) return note(key, "is neither true nor false"), false;
    return value->as_bool();
  }

  std::string text(std::string_view key, std::string_view otherwise) {
    const Json* value = find(key);
    if (value == nullptr) return std::string(otherwise);
    if (!value->is_string()) return note(key, "is no text"), std::string();
    return value->as_string();
  }

  void note(std::string_view key, const std::string& problem) {
    if (!error_) error_ = fail(Code::malformed, std::string(key) + ": " + problem);
  }
  Status status() const { return error_ ? Status(*error_) : Status(); }

 private:
  const Json& object_;
  std::optional<Error> error_;
};

// A number or a list of numbers.
void add_tokens(Config& in, std::string_view key, std::vector<std::uint32_t>& to) {
  const Json* value = in.find(key);
  if (value == nullptr) return;
  const Json::Array one = {*value};
  const Json::Array& all = value->is_array() ? value->items() : one;
  for (const Json& item : all) {
    const std::optional<std::uint64_t> id = item.as_u64();
    if (!id || *id >= kVocabularyMax) return in.note(key, "has a token that is no id");
    if (to.size() >= 2 * kStopTokensMax) return in.note(key, "has too many tokens");
    to.push_back(static_cast<std::uint32_t>(*id));
  }
}

std::string architecture_of(Config& in) {
  const Json* list = in.find("architectures");
  const bool one = list != nullptr && list->is_array() && list->items().size() == 1 &&
                   list->items()[0].is_string();
  if (!one) return in.note("architectures", "is not a list of one name"), std::string();
  const std::string& name = list->items()[0].as_string();
  for (const char* known : {"LlamaForCausalLM", "Qwen2ForCausalLM", "MistralForCausalLM"}) {
    if (name == known) return name;
  }
  in.note("architectures", wire::quoted(name) +
                               " is none of LlamaForCausalLM, Qwen2ForCausalLM, "
                               "MistralForCausalLM");
  return name;
}

void refuse_options(Config& in) {
  const std::string activation = in.text("hidden_act", "silu");
  if (activation != "silu") in.note("hidden_act", wire::quoted(activation) + " is not \"silu\"");
  if (in.find("quantization_config") != nullptr) {
    in.note("quantization_config", "weights that are quantised already are not supported");
  }
  if (in.number("partial_rotary_factor", 0, 1, 1) < 1) {
    in.note("partial_rotary_factor", "only whole heads are supported");
  }
}

void read_scaling(const Json& json, CheckpointConfig& out, Config& root) {
  Config in(json);
  const std::string kind = in.text("rope_type", in.text("type", "default"));
  out.rope_base = in.number("rope_theta", 1, kRopeBaseMax, out.rope_base);
  RopeScaling& scaling = out.scaling;
  if (kind == "linear" || kind == "llama3") {
    scaling.factor = in.number("factor", 1, kFactorMax, {});
    scaling.kind = RopeScaling::Kind::linear;
  } else if (kind != "default") {
    in.note("rope_type", wire::quoted(kind) + " is neither linear nor llama3");
  }
  if (kind == "llama3") {
    scaling.kind = RopeScaling::Kind::llama3;
    scaling.low_frequency = in.number("low_freq_factor", 0x1p-20, kFactorMax, {});
    scaling.high_frequency = in.number("high_freq_factor", 0x1p-20, kFactorMax, {});
    scaling.original_context = in.number("original_max_position_embeddings", 1, kContextMax, {});
    if (!(scaling.low_frequency < scaling.high_frequency)) {
      in.note("high_freq_factor", "is not above low_freq_factor");
    }
  }
  const Status status = in.status();
  if (!status.ok()) root.note("rope_scaling", status.error().what);
}

void read_rope(Config& in, CheckpointConfig& out) {
  out.rope_base = in.number("rope_theta", 1, kRopeBaseMax, 10000);
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    if (const Json* json = in.find(key)) read_scaling(*json, out, in);
  }
}

void read_sizes(Config& in, bool windowed, ModelConfig& model) {
  model.vocabulary = in.u32("vocab_size", kVocabularyMax);
  model.hidden = in.u32("hidden_size", kWidthMax);
  model.layers = in.u32("num_hidden_layers", kLayersMax);
  model.heads = in.u32("num_attention_heads", kHeadsMax);
  model.kv_heads = in.u32("num_key_value_heads", kHeadsMax, model.heads);
  model.intermediate = in.u32("intermediate_size", kWidthMax);
  model.context = in.u32("max_position_embeddings", UINT32_MAX);
  if (windowed)
    model.context = std::min(model.context, in.u32("sliding_window", UINT32_MAX, UINT32_MAX));
  model.context = std::min(model.context, kContextMax);
  const bool whole = model.heads > 0 && model.hidden % model.heads == 0;
  const std::uint32_t even_share = whole ? model.hidden / model.heads : 0;
  if (in.find("head_dim") != nullptr || even_share > 0) {
    model.head_size = in.u32("head_dim", kWidthMax, even_share);
  } else {
    in.note("head_dim", "is missing, and hidden_size is no multiple of num_attention_heads");
  }
  model.norm_epsilon = static_cast<float>(in.number("rms_norm_eps", 0x1p-100, 1, {}));
  model.tied = in.flag("tie_word_embeddings");
}

Result<Json> parse_config(std::string_view text) {
  return wire::parse_json(text, {.bytes_max = kConfigBytesMax, .depth_max = 16, .fractions = true});
}

Status read_generation(std::string_view text, std::vector<std::uint32_t>& stop_tokens) {
  const Result<Json> json = parse_config(text);
  if (!json.ok()) return json.error().in("generation_config.json");
  Config in(json.value());
  add_tokens(in, "eos_token_id", stop_tokens);
  const Status status = in.status();
  return status.ok() ? status : status.error().in("generation_config.json");
}

Status outside(const char* what, std::uint64_t value, const std::string& allowed) {
  return fail(Code::malformed,
              std::string(what) + " " + std::to_string(value) + " is not " + allowed);
}

}  // namespace

Status check_model_config(const ModelConfig& config) {
  struct Size {
    const char* what;
    std::uint32_t value, max;
  };
  const Size sizes[] = {{"vocabulary", config.vocabulary, kVocabularyMax},
                        {"hidden size", config.hidden, kWidthMax},
                        {"number of layers", config.layers, kLayersMax},
                        {"number of heads", config.heads, kHeadsMax},
                        {"number of key-value heads", config.kv_heads, kHeadsMax},
                        {"intermediate size", config.intermediate, kWidthMax},
                        {"context", config.context, kContextMax},
                        {"head size", config.head_size, rx1::kHeadSizeMax}};
  for (const Size& size : sizes) {
    if (size.value >= 1 && size.value <= size.max) continue;
    return outside(size.what, size.value, "in 1.." + std::to_string(size.max));
  }
  if (config.head_size % 2 != 0) return outside("head size", config.head_size, "even");
  if (config.heads % config.kv_heads != 0) {
    return outside("number of heads", config.heads,
                   "a multiple of the " + std::to_string(config.kv_heads) + " key-value heads");
  }
  if (config.heads * config.head_size > kWidthMax) {
    return outside("width of all heads", config.heads * config.head_size,
                   "in 1.." + std::to_string(kWidthMax));
  }
  if (!(config.norm_epsilon > 0 && config.norm_epsilon <= 1)) {
    return fail(Code::malformed, "the epsilon of the norms is not in 0..1");
  }
  const auto& stops = config.stop_tokens;
  if (stops.size() > kStopTokensMax) {
    return outside("number of stop tokens", stops.size(),
                   "at most " + std::to_string(kStopTokensMax));
  }
  for (std::size_t i = 0; i < stops.size(); ++i) {
    if (stops[i] >= config.vocabulary) return outside("stop token", stops[i], "in the vocabulary");
    if (i > 0 && stops[i] <= stops[i - 1]) return outside("stop token", stops[i], "ascending");
  }
  if (config.begin_token && *config.begin_token >= config.vocabulary) {
    return outside("begin token", *config.begin_token, "in the vocabulary");
  }
  return {};
}

Result<CheckpointConfig> parse_model_config(std::string_view config,
                                            std::optional<std::string_view> generation) {
  const Result<Json> json = parse_config(config);
  if (!json.ok()) return json.error().in("config.json");
  Config in(json.value());
  CheckpointConfig out;
  ModelConfig& model = out.pack.model;
  const std::string architecture = architecture_of(in);
  const bool llama = architecture == "LlamaForCausalLM";
  const bool qwen = architecture == "Qwen2ForCausalLM";
  refuse_options(in);
  read_sizes(in, !llama && (!qwen || in.flag("use_sliding_window")), model);
  read_rope(in, out);
  const bool attention_bias = in.flag("attention_bias"), mlp_bias = in.flag("mlp_bias");
  if (!llama && (attention_bias || mlp_bias)) in.note("attention_bias", "is Llama's alone");
  out.pack.qkv_bias = qwen || attention_bias;
  out.pack.output_bias = attention_bias;
  out.pack.mlp_bias = mlp_bias;
  add_tokens(in, "eos_token_id", model.stop_tokens);
  if (in.find("bos_token_id") != nullptr) {
    std::vector<std::uint32_t> begin;
    add_tokens(in, "bos_token_id", begin);
    if (begin.size() == 1) model.begin_token = begin[0];
  }
  Status status = in.status();
  if (!status.ok()) return status.error().in("config.json");
  if (generation) status = read_generation(*generation, model.stop_tokens);
  if (!status.ok()) return status.error();
  std::ranges::sort(model.stop_tokens);
  const auto repeated = std::ranges::unique(model.stop_tokens);
  model.stop_tokens.erase(repeated.begin(), repeated.end());
  status = check_model_config(model);
  if (!status.ok()) return status.error().in("config.json");
  return out;
}

std::vector<double> scaled_rope_frequencies(const CheckpointConfig& config) {
  std::vector<double> out(config.pack.model.head_size / 2);
  rx1::rope_frequencies(config.rope_base, out);
  const RopeScaling& scaling = config.scaling;
  if (scaling.kind == RopeScaling::Kind::none) return out;
  for (double& f : out) {
    const double slow = f / scaling.factor;
    const double wave = kTwoPi / f;
    const double low = scaling.low_frequency, high = scaling.high_frequency;
    if (scaling.kind == RopeScaling::Kind::linear || wave > scaling.original_context / low) {
      f = slow;
    } else if (!(wave < scaling.original_context / high)) {
      const double s = (scaling.original_context / wave - low) / (high - low);
      const double mixed = (1 - s) * f / scaling.factor + s * f;
      f = mixed < 1 ? mixed : 1;
    }
  }
  return out;
}

}  // namespace assay::compute::generate
