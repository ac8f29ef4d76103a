#include "core/compute/generate/pack_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <set>
#include <string>

#include "core/compute/generate/tokenizer.h"
#include "core/compute/rx1/float_ops.h"
#include "core/compute/rx1/quantize.h"
#include "core/wire/text.h"

namespace assay::compute::generate {
namespace {

static_assert(std::endian::native == std::endian::little, "packs are written as memory has them");

constexpr std::size_t kValuesAtOnce = std::size_t{1} << 20;

template <class T>
ByteView bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()};
}

Error not_finite(const std::string& tensor, const char* what, std::uint64_t number) {
  return fail(Code::malformed, "the tensor \"" + tensor +
                                   "\" has a value that is NaN or infinite "
                                   "in its " +
                                   what + " " + std::to_string(number));
}

bool is_finite(float value) {
  return rx1::bits(value) << 1 < rx1::kInfinityBits << 1;
}

// Writes the sections in their order. The first failure sticks.
class PackWriter {
 public:
  PackWriter(const Engine& engine, const Weights& weights, const PackConfig& config,
             const PackLayout& layout, const ByteSink& sink)
      : engine_(engine), weights_(weights), config_(config), layout_(layout), sink_(sink) {}

  Status write(std::string_view config_text, std::string_view tokenizer,
               std::span<const double> rope) {
    const ModelConfig& model = config_.model;
    put(pack_header(layout_), 0);
    put(as_bytes(config_text), layout_.config.offset);
    put(as_bytes(tokenizer), layout_.tokenizer.offset);
    put(bytes_of(rope), layout_.rope.offset);
    matrix("model.embed_tokens", layout_.embedding, model.vocabulary, model.hidden);
    for (std::uint32_t i = 0; i < model.layers; ++i) layer(i);
    vector("model.norm.weight", layout_.final_norm, model.hidden);
    if (model.tied) {
      known_.insert("lm_head.weight");
    } else {
      matrix("lm_head", layout_.head, model.vocabulary, model.hidden);
    }
    if (status_.ok()) check_unknown();
    if (status_.ok()) ASSAY_CHECK(written_ == layout_.bytes, "a pack is as long as its layout");
    return status_;
  }

 private:
  void layer(std::uint32_t number) {
    const ModelConfig& model = config_.model;
    const LayerSections& sections = layout_.layers[number];
    const std::string name = "model.layers." + std::to_string(number) + ".";
    const std::uint32_t queries = model.heads * model.head_size;
    const std::uint32_t keys = model.kv_heads * model.head_size;
    known_.insert(name + "self_attn.rotary_emb.inv_freq");
    vector(name + "input_layernorm.weight", sections.attention_norm, model.hidden);
    matrix(name + "self_attn.q_proj", sections.q, queries, model.hidden);
    matrix(name + "self_attn.k_proj", sections.k, keys, model.hidden);
    matrix(name + "self_attn.v_proj", sections.v, keys, model.hidden);
    matrix(name + "self_attn.o_proj", sections.o, model.hidden, queries);
    vector(name + "post_attention_layernorm.weight", sections.mlp_norm, model.hidden);
    matrix(name + "mlp.gate_proj", sections.gate, model.intermediate, model.hidden);
    matrix(name + "mlp.up_proj", sections.up, model.intermediate, model.hidden);
    matrix(name + "mlp.down_proj", sections.down, model.hidden, model.intermediate);
  }

  void matrix(const std::string& name, const MatrixSections& sections, std::uint64_t rows,
              std::uint64_t width) {
    const std::uint64_t shape[] = {rows, width};
    const std::optional<NumberArray> array = tensor(name + ".weight", shape);
    if (!array) return;
    const std::uint64_t at_once = std::max<std::uint64_t>(1, kValuesAtOnce / width);
    std::vector<float> values;
    std::vector<std::int8_t> q;
    std::vector<float> scale(rows);
    for (std::uint64_t first = 0; first < rows && status_.ok(); first += at_once) {
      const std::uint64_t count = std::min(at_once, rows - first);
      values.resize(count * width);
      q.resize(count * width);
      engine_.parallel_for(count, [&](std::uint64_t row) {
        read_numbers(*array, (first + row) * width, std::span(values).subspan(row * width, width));
      });
      const std::span<float> scales = std::span(scale).subspan(first, count);
      rx1::quantize_rows(engine_, values, width, q, scales);
      // The rule of quantize_rows: a scale is NaN where a value of the row is, or is infinite.
      const auto bad = std::ranges::find_if_not(scales, is_finite);
      if (bad != scales.end()) {
        const auto row = static_cast<std::uint64_t>(bad - scales.begin());
        status_ = not_finite(name + ".weight", "row", first + row);
        return;
      }
      put(bytes_of(std::span<const std::int8_t>(q)), sections.q.offset + first * width);
    }
    put(bytes_of(std::span<const float>(scale)), sections.scale.offset);
    if (sections.bias.size > 0) vector(name + ".bias", sections.bias, rows);
  }

  void vector(const std::string& name, const Section& section, std::uint64_t size) {
    const std::uint64_t shape[] = {size};
    const std::optional<NumberArray> array = tensor(name, shape);
    if (!array) return;
    std::vector<float> values(size);
    read_numbers(*array, 0, values);
    const auto bad = std::ranges::find_if_not(values, is_finite);
    if (bad != values.end()) {
      status_ = not_finite(name, "element", static_cast<std::uint64_t>(bad - values.begin()));
      return;
    }
    put(bytes_of(std::span<const float>(values)), section.offset);
  }

  std::optional<NumberArray> tensor(const std::string& name, std::span<const std::uint64_t> shape) {
    known_.insert(name);
    if (!status_.ok()) return std::nullopt;
    Result<NumberArray> array = weights_.tensor(name, shape);
    if (array.ok()) return std::move(array.value());
    status_ = array.error();
    return std::nullopt;
  }

  void check_unknown() {
    const std::optional<std::string> name = weights_.unknown(known_);
    if (!name) return;
    status_ = fail(Code::malformed, "the tensor \"" + wire::people_text(*name, 128) +
                                        "\" has no place in such a model");
  }

  void put(ByteView bytes, std::uint64_t offset) {
    if (!status_.ok()) return;
    ASSAY_CHECK(offset >= written_ && offset - written_ < kPackAlignment, "sections in order");
    const std::array<std::uint8_t, kPackAlignment> zeros{};
    status_ = sink_(ByteView(zeros).first(offset - written_));
    if (status_.ok()) status_ = sink_(bytes);
    written_ = offset + bytes.size();
  }

  const Engine& engine_;
  const Weights& weights_;
  const PackConfig& config_;
  const PackLayout& layout_;
  const ByteSink& sink_;
  std::set<std::string, std::less<>> known_;
  std::uint64_t written_ = 0;
  Status status_;
};

}  // namespace

Result<PackConfig> write_pack(const Engine& engine, const Checkpoint& checkpoint,
                              const ByteSink& sink) {
  const Result<CheckpointConfig> parsed =
      parse_model_config(checkpoint.config, checkpoint.generation);
  if (!parsed.ok()) return parsed.error();
  const Result<Tokenizer> tokenizer = Tokenizer::parse(checkpoint.tokenizer);
  if (!tokenizer.ok()) return tokenizer.error();
  PackConfig config = parsed.value().pack;
  if (tokenizer.value().vocabulary() > config.model.vocabulary) {
    return fail(Code::malformed, "tokenizer.json has " +
                                     std::to_string(tokenizer.value().vocabulary()) +
                                     " tokens where config.json says vocab_size " +
                                     std::to_string(config.model.vocabulary));
  }
  config.model.begin_token = tokenizer.value().begin_token();
  const std::string text = write_pack_config(config);
  const PackLayout layout = lay_out_pack(config, text.size(), checkpoint.tokenizer.size());
  const std::vector<double> rope = scaled_rope_frequencies(parsed.value());
  const Status written = PackWriter(engine, *checkpoint.weights, config, layout, sink)
                             .write(text, checkpoint.tokenizer, rope);
  if (!written.ok()) return written.error();
  return config;
}

}  // namespace assay::compute::generate
