#include "core/compute/train/layout.h"

#include "core/compute/rx1/float_ops.h"

namespace assay::compute::train {
namespace {

constexpr std::uint32_t kTensorStart = 16;
constexpr std::size_t kElementsAtOnce = 1 << 14;
constexpr std::int32_t kHalvesMean = 262140;      // of the sum of eight: 8 * 65535 / 2
constexpr double kHalvesVariance = 2863311530.0;  // 8 * (2^32 - 1) / 12

float unit_of(double deviation) {
  return static_cast<float>(deviation / __builtin_sqrt(kHalvesVariance));
}

class Builder {
 public:
  // A drawn matrix; its deviation is sqrt(factor / columns).
  void matrix(std::string name, std::uint64_t rows, std::uint64_t columns, double factor = 1) {
    const double deviation = __builtin_sqrt(factor / static_cast<double>(columns));
    add(std::move(name), {rows, columns}, unit_of(deviation), 0);
  }
  void vector(std::string name, std::uint64_t size, float first) {
    add(std::move(name), {size}, 0, first);
  }
  std::vector<ParameterTensor> take() { return std::move(out_); }

 private:
  void add(std::string name, std::vector<std::uint64_t> dims, float unit, float first) {
    out_.push_back({std::move(name), std::move(dims), offset_, unit, first});
    offset_ += out_.back().size();
  }

  std::vector<ParameterTensor> out_;
  std::uint64_t offset_ = 0;
};

std::vector<ParameterTensor> transformer_layout(const TransformerShape& t) {
  Builder build;
  const std::uint64_t hidden = t.hidden, kv = std::uint64_t{t.kv_heads} * t.head_size();
  const double into_residual = 1 / static_cast<double>(2 * t.layers);
  build.matrix("model.embed_tokens.weight", t.vocab, hidden);
  for (std::uint32_t n = 0; n < t.layers; ++n) {
    const std::string layer = "model.layers." + std::to_string(n) + ".";
    build.vector(layer + "input_layernorm.weight", hidden, 1);
    build.matrix(layer + "self_attn.q_proj.weight", hidden, hidden);
    build.matrix(layer + "self_attn.k_proj.weight", kv, hidden);
    build.matrix(layer + "self_attn.v_proj.weight", kv, hidden);
    build.matrix(layer + "self_attn.o_proj.weight", hidden, hidden, into_residual);
    build.vector(layer + "post_attention_layernorm.weight", hidden, 1);
    build.matrix(layer + "mlp.gate_proj.weight", t.ffn, hidden);
    build.matrix(layer + "mlp.up_proj.weight", t.ffn, hidden);
    build.matrix(layer + "mlp.down_proj.weight", hidden, t.ffn, into_residual);
  }
  build.vector("model.norm.weight", hidden, 1);
  return build.take();
}

std::vector<ParameterTensor> mlp_layout(const MlpShape& mlp) {
  Builder build;
  const std::size_t layers = mlp.widths.size() - 1;
  for (std::size_t n = 0; n < layers; ++n) {
    const std::string layer = "layers." + std::to_string(n) + ".";
    build.matrix(layer + "weight", mlp.widths[n + 1], mlp.widths[n], n + 1 < layers ? 2 : 1);
    build.vector(layer + "bias", mlp.widths[n + 1], 0);
  }
  return build.take();
}

float drawn(const PhiloxStream& stream, std::uint64_t element, float unit) {
  std::int32_t sum = -kHalvesMean;
  for (const std::uint32_t word : stream.block(element)) {
    sum += static_cast<std::int32_t>((word & 0xFFFF) + (word >> 16));
  }
  return rx1::mul(rx1::from_s32(sum), unit);
}

}  // namespace

std::vector<ParameterTensor> layout_of(const TrainParameters& parameters) {
  return parameters.model == ModelKind::transformer ? transformer_layout(parameters.transformer)
                                                    : mlp_layout(parameters.mlp);
}

std::uint64_t parameter_count(const TrainParameters& parameters) {
  // At most 64 layers of tensors below 2^30 elements: no overflow.
  const ParameterTensor last = layout_of(parameters).back();
  return last.offset + last.size();
}

void draw_tensor(const PhiloxStream& stream, double deviation, std::span<float> to) {
  const float unit = unit_of(deviation);
  for (std::size_t e = 0; e < to.size(); ++e) to[e] = drawn(stream, e, unit);
}

void draw_parameters(const std::vector<ParameterTensor>& layout, PhiloxKey key,
                     const Engine& engine, std::span<float> to) {
  for (std::size_t i = 0; i < layout.size(); ++i) {
    const ParameterTensor& tensor = layout[i];
    const PhiloxStream stream{key, kTensorStart + static_cast<std::uint32_t>(i), 0};
    const std::span<float> part = to.subspan(tensor.offset, tensor.size());
    engine.parallel_for(
        (part.size() + kElementsAtOnce - 1) / kElementsAtOnce, [&](std::uint64_t n) {
          const std::size_t end = std::min(part.size(), (n + 1) * kElementsAtOnce);
          for (std::size_t e = n * kElementsAtOnce; e < end; ++e) {
            part[e] = tensor.unit == 0 ? tensor.first : drawn(stream, e, tensor.unit);
          }
        });
  }
}

}  // namespace assay::compute::train
