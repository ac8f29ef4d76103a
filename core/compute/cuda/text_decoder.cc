#include "core/compute/cuda/text_decoder.h"

#include <algorithm>

namespace assay::compute::cuda {

using generate::LayerView;
using generate::ModelView;

TextDecoder::TextDecoder(const Device& device, const ModelView& model, std::uint32_t limbs)
    : device_(device),
      config_(model.config),
      limbs_(limbs),
      rope_frequency_(model.rope_frequency.begin(), model.rope_frequency.end()),
      gemm_(device) {}

Result<std::unique_ptr<TextDecoder>> TextDecoder::open(const Device& device, const ModelView& model,
                                                       std::uint32_t limbs) {
  std::unique_ptr<TextDecoder> decoder(new TextDecoder(device, model, limbs));
  const Status status = decoder->upload(model);
  if (!status.ok()) return status.error().in("generate: the model");
  return decoder;
}

template <class T>
Status TextDecoder::upload(std::span<const T> from, Buffer& to) {
  Result<Buffer> copy = device_.allocate_copy(from.data(), from.size_bytes());
  if (!copy.ok()) return copy.error();
  to = std::move(copy).value();
  return {};
}

Status TextDecoder::upload(const generate::Linear& from, Linear& to) {
  to.outputs = from.weight.rows();
  to.has_bias = !from.bias.empty();
  Status status = upload(from.weight.scale, to.scale);
  if (status.ok() && to.has_bias) status = upload(from.bias, to.bias);
  if (!status.ok()) return status;
  Result<LimbRows> rows = LimbRows::upload(device_, from.weight.q.data(), to.outputs,
                                           from.weight.q.size() / to.outputs, to.scale.at());
  if (!rows.ok()) return rows.error();
  to.weight = std::move(rows).value();
  return {};
}

Status TextDecoder::upload(const ModelView& model) {
  Status status = upload(model.embedding.q, embedding_);
  if (status.ok()) status = upload(model.embedding.scale, embedding_scale_);
  if (status.ok()) status = upload(model.final_norm, final_norm_);
  if (status.ok()) status = upload({model.head, {}}, head_);
  for (const LayerView& from : model.layers) {
    Layer& to = layers_.emplace_back();
    if (status.ok()) status = upload(from.attention_norm, to.attention_norm);
    if (status.ok()) status = upload(from.q, to.q);
    if (status.ok()) status = upload(from.k, to.k);
    if (status.ok()) status = upload(from.v, to.v);
    if (status.ok()) status = upload(from.o, to.o);
    if (status.ok()) status = upload(from.mlp_norm, to.mlp_norm);
    if (status.ok()) status = upload(from.gate, to.gate);
    if (status.ok()) status = upload(from.up, to.up);
    if (status.ok()) status = upload(from.down, to.down);
    if (!status.ok()) break;
  }
  return status.ok() ? device_.call(&ModuleTable::synchronize) : status;
}

Status TextDecoder::make_room(std::uint64_t rows) {
  const std::uint64_t queries = std::uint64_t{config_.heads} * config_.head_size;
  const std::uint64_t keys = std::uint64_t{config_.kv_heads} * config_.head_size;
  const std::uint64_t widest =
      std::max<std::uint64_t>({config_.hidden, std::uint64_t{config_.intermediate}, queries});
  struct Wanted {
    Buffer* buffer;
    std::uint64_t row_bytes;
  };
  const Wanted wanted[] = {{&x_, std::uint64_t{config_.hidden} * 4},
                           {&added_, std::uint64_t{config_.hidden} * 4},
                           {&wide_, widest * 4},
                           {&up_, std::uint64_t{config_.intermediate} * 4},
                           {&q_, queries * 4},
                           {&k_, keys * 4},
                           {&v_, keys * 4},
                           {&cosine_, rope_frequency_.size() * 4},
                           {&sine_, rope_frequency_.size() * 4},
                           {&tokens_, 4},
                           {&act_, widest * limbs_},
                           {&act_scale_, 4},
                           {&queries_, queries * 2},
                           {&queries_scale_, std::uint64_t{config_.heads} * 4}};
  for (const Wanted& want : wanted) {
    const Status grown = device_.grow(*want.buffer, rows * want.row_bytes);
    if (!grown.ok()) return grown;
  }
  return {};
}

}  // namespace assay::compute::cuda
