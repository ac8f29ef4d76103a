#include "core/compute/generate/pack_layout.h"

#include <bit>

#include "core/wire/json.h"

namespace assay::compute::generate {
namespace {

using wire::Json;

constexpr std::size_t kSectionsOfMatrix = 3;
constexpr std::size_t kSectionsOfLayer = 2 + 7 * kSectionsOfMatrix;
constexpr std::size_t kSectionsBesides = 4 + 2 * kSectionsOfMatrix;
constexpr std::uint64_t kFixedHeaderBytes = 32;

template <class Matrix, class Body>
void each_section_of_matrix(Matrix& matrix, const Body& body) {
  body(matrix.q);
  body(matrix.scale);
  body(matrix.bias);
}

template <class Layout, class Body>
void each_section(Layout& layout, const Body& body) {
  body(layout.config);
  body(layout.tokenizer);
  body(layout.rope);
  each_section_of_matrix(layout.embedding, body);
  for (auto& layer : layout.layers) {
    body(layer.attention_norm);
    for (auto* matrix : {&layer.q, &layer.k, &layer.v, &layer.o}) {
      each_section_of_matrix(*matrix, body);
    }
    body(layer.mlp_norm);
    for (auto* matrix : {&layer.gate, &layer.up, &layer.down}) {
      each_section_of_matrix(*matrix, body);
    }
  }
  body(layout.final_norm);
  each_section_of_matrix(layout.head, body);
}

std::uint64_t aligned(std::uint64_t offset) {
  return (offset + kPackAlignment - 1) / kPackAlignment * kPackAlignment;
}

MatrixSections matrix(std::uint64_t out, std::uint64_t in, bool bias) {
  MatrixSections sections;
  sections.q.size = out * in;
  sections.scale.size = out * sizeof(float);
  sections.bias.size = bias ? out * sizeof(float) : 0;
  return sections;
}

}  // namespace

std::vector<Section> PackLayout::sections() const {
  std::vector<Section> out;
  each_section(*this, [&](const Section& section) { out.push_back(section); });
  return out;
}

std::uint64_t pack_header_bytes(std::uint32_t layers) {
  const std::uint64_t sections = kSectionsBesides + kSectionsOfLayer * std::uint64_t{layers};
  return aligned(kFixedHeaderBytes + 2 * sizeof(std::uint64_t) * sections);
}

PackLayout lay_out_pack(const PackConfig& config, std::uint64_t config_bytes,
                        std::uint64_t tokenizer_bytes) {
  const ModelConfig& model = config.model;
  const std::uint64_t hidden = model.hidden, wide = model.intermediate;
  const std::uint64_t queries = std::uint64_t{model.heads} * model.head_size;
  const std::uint64_t keys = std::uint64_t{model.kv_heads} * model.head_size;
  PackLayout out;
  out.config.size = config_bytes;
  out.tokenizer.size = tokenizer_bytes;
  out.rope.size = model.head_size / 2 * sizeof(double);
  out.embedding = matrix(model.vocabulary, hidden, false);
  LayerSections layer;
  layer.attention_norm.size = layer.mlp_norm.size = hidden * sizeof(float);
  layer.q = matrix(queries, hidden, config.qkv_bias);
  layer.k = layer.v = matrix(keys, hidden, config.qkv_bias);
  layer.o = matrix(hidden, queries, config.output_bias);
  layer.gate = layer.up = matrix(wide, hidden, config.mlp_bias);
  layer.down = matrix(hidden, wide, config.mlp_bias);
  out.layers.assign(model.layers, layer);
  out.final_norm.size = hidden * sizeof(float);
  if (!model.tied) out.head = matrix(model.vocabulary, hidden, false);
  std::uint64_t at = pack_header_bytes(model.layers);
  each_section(out, [&](Section& section) {
    section.offset = aligned(at);
    at = section.offset + section.size;
    if (section.size > 0) out.bytes = at;
  });
  return out;
}

Bytes pack_header(const PackLayout& layout) {
  const std::vector<Section> sections = layout.sections();
  Bytes out = to_bytes(as_bytes(kPackMagic));
  put_u32_le(out, kPackVersion);
  put_u32_le(out, static_cast<std::uint32_t>(sections.size()));
  put_u64_le(out, layout.bytes);
  for (const Section& section : sections) {
    put_u64_le(out, section.offset);
    put_u64_le(out, section.size);
  }
  return out;
}

std::string write_pack_config(const PackConfig& config) {
  const ModelConfig& model = config.model;
  Json stops = Json::array();
  for (const std::uint32_t id : model.stop_tokens) stops.push(id);
  Json out = Json::object();
  out.set("vocabulary", model.vocabulary)
      .set("hidden", model.hidden)
      .set("layers", model.layers)
      .set("heads", model.heads)
      .set("kv_heads", model.kv_heads)
      .set("head_size", model.head_size)
      .set("intermediate", model.intermediate)
      .set("context", model.context)
      .set("norm_epsilon_bits", std::bit_cast<std::uint32_t>(model.norm_epsilon))
      .set("tied", model.tied)
      .set("qkv_bias", config.qkv_bias)
      .set("output_bias", config.output_bias)
      .set("mlp_bias", config.mlp_bias)
      .set("stop_tokens", std::move(stops))
      .set("begin_token", model.begin_token ? Json(*model.begin_token) : Json());
  return out.dump();
}

Result<PackConfig> parse_pack_config(std::string_view text) {
  const Result<Json> json =
      wire::parse_json(text, {.bytes_max = kPackConfigBytesMax, .depth_max = 4});
  if (!json.ok()) return json.error().in("config of the pack");
  wire::Fields in(json.value(), "config of the pack");
  PackConfig out;
  ModelConfig& model = out.model;
  model.vocabulary = in.u32("vocabulary");
  model.hidden = in.u32("hidden");
  model.layers = in.u32("layers");
  model.heads = in.u32("heads");
  model.kv_heads = in.u32("kv_heads");
  model.head_size = in.u32("head_size");
  model.intermediate = in.u32("intermediate");
  model.context = in.u32("context");
  model.norm_epsilon = std::bit_cast<float>(in.u32("norm_epsilon_bits"));
  model.tied = in.boolean("tied");
  out.qkv_bias = in.boolean("qkv_bias");
  out.output_bias = in.boolean("output_bias");
  out.mlp_bias = in.boolean("mlp_bias");
  for (const Json& id : in.array("stop_tokens", kStopTokensMax)) {
    const std::optional<std::uint64_t> number = id.as_u64();
    if (!number || *number > UINT32_MAX) in.note("stop_tokens", "has something that is no id");
    model.stop_tokens.push_back(static_cast<std::uint32_t>(number.value_or(0)));
  }
  if (!in.value("begin_token").is_null()) model.begin_token = in.u32("begin_token");
  const Status closed = in.close();
  if (!closed.ok()) return closed.error();
  const Status checked = check_model_config(model);
  if (!checked.ok()) return checked.error().in("config of the pack");
  if (write_pack_config(out) != text) {
    return fail(Code::malformed, "config of the pack: not in its one spelling");
  }
  return out;
}

ModelMemory model_memory(const PackConfig& config, std::uint64_t tokens) {
  const ModelConfig& model = config.model;
  const std::uint64_t of_head = model.head_size * 3ULL + 2 * sizeof(float);
  ModelMemory out;
  out.weight_bytes = lay_out_pack(config, 0, 0).bytes;
  const std::uint64_t of_token = of_head * model.kv_heads * model.layers;  // below 2^32
  if (__builtin_mul_overflow(of_token, tokens, &out.cache_bytes)) out.cache_bytes = UINT64_MAX;
  return out;
}

Status check_memory(const ModelMemory& needed, std::uint64_t bytes_max) {
  std::uint64_t together = 0;
  if (__builtin_add_overflow(needed.weight_bytes, needed.cache_bytes, &together)) {
    together = UINT64_MAX;
  }
  if (together <= bytes_max) return {};
  return fail(Code::malformed, "the model needs " + std::to_string(needed.weight_bytes) +
                                   " bytes of weights and " + std::to_string(needed.cache_bytes) +
                                   " of keys and values, together " + std::to_string(together) +
                                   ": at most " + std::to_string(bytes_max) + " are allowed");
}

}  // namespace assay::compute::generate
