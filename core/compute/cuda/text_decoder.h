// The forward pass of core/compute/generate/transformer.h on one device, from the kernels of RX-1's
// operations: the weights are uploaded once, keys and values stay there over a step. Equal bit for
// bit, because each operation is. One thread. Every error is `inconclusive`.
//
// Logits are copied back and the token is chosen by the CPU's sampler: a row of them is some
// microseconds of the bus beside the whole model's weights, and there is one sampler to get right.
#pragma once

#include "core/compute/cuda/limb_gemm.h"
#include "core/compute/generate/model.h"

namespace assay::compute::cuda {

// A model's weights on a device, and memory to work in.
class TextDecoder {
 public:
  // Borrows the device. The model may go; its configuration is copied. `limbs` of activations: 1
  // (w8a8) or 2 (a16w8).
  static Result<std::unique_ptr<TextDecoder>> open(const Device& device,
                                                   const generate::ModelView& model,
                                                   std::uint32_t limbs);

  const generate::ModelConfig& config() const { return config_; }

 private:
  friend class TextSession;

  struct Linear {
    LimbRows weight;
    Buffer scale, bias;
    std::uint64_t outputs = 0;
    bool has_bias = false;
  };
  struct Layer {
    Buffer attention_norm, mlp_norm;
    Linear q, k, v, o, gate, up, down;
  };
  // A text's keys and values, as KeyValues has them.
  struct Cache {
    Buffer k, k_scale, v, v_scale;
  };

  TextDecoder(const Device& device, const generate::ModelView& model, std::uint32_t limbs);
  Status upload(const generate::ModelView& model);
  Status upload(const generate::Linear& from, Linear& to);
  template <class T>
  Status upload(std::span<const T> from, Buffer& to);
  // Memory for passes of that many rows.
  Status make_room(std::uint64_t rows);

  const Device& device_;
  const generate::ModelConfig config_;
  const std::uint32_t limbs_;
  std::vector<double> rope_frequency_;

  Buffer embedding_, embedding_scale_, final_norm_;
  std::vector<Layer> layers_;
  Linear head_;

  // f32 rows unless said: x where the pass stands, wide what is quantised next.
  Buffer x_, wide_, q_, k_, v_, added_, up_, cosine_, sine_;
  Buffer tokens_;                   // u32
  Buffer act_, act_scale_;          // quantised rows, s8 or s16
  Buffer queries_, queries_scale_;  // s16
  Buffer logits_;
  LimbRows act_limbs_;
  LimbGemm gemm_;
  std::vector<Cache> caches_;
};

}  // namespace assay::compute::cuda
