// A decoder-only language model (Llama, Qwen2, Mistral) as the workload `generate` computes with
// it: sizes, s8 weights with a scale per row, and the numbers that stay f32 or f64. Values and
// views; any thread. pack.h makes one from the model's pack and has then checked every size below.
//
// With D = hidden, H = heads, K = kv_heads, S = head_size, F = intermediate, V = vocabulary, shapes
// are (out, in):
//
//   embedding, head (V, D)      q (H*S, D)   k, v (K*S, D)   o (D, H*S)
//   gate, up (F, D)             down (D, F)  norms (D)       rope_frequency (S/2)
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/compute/rx1/limb_gemm.h"

namespace assay::compute::generate {

struct ModelConfig {
  std::uint32_t vocabulary = 0;  // rows of the embedding; token ids are below
  std::uint32_t hidden = 0;
  std::uint32_t layers = 0;
  std::uint32_t heads = 0;  // a multiple of kv_heads
  std::uint32_t kv_heads = 0;
  std::uint32_t head_size = 0;  // even
  std::uint32_t intermediate = 0;
  std::uint32_t context = 0;  // most tokens of prompt and answer together
  float norm_epsilon = 0;
  bool tied = false;                         // the head is the embedding
  std::vector<std::uint32_t> stop_tokens;    // ascending, distinct; after any of them text ends
  std::optional<std::uint32_t> begin_token;  // goes before a prompt, where the model has one

  bool operator==(const ModelConfig&) const = default;
};

struct Linear {
  rx1::RowsS8 weight;           // (out, in)
  std::span<const float> bias;  // (out), empty for none
};

struct LayerView {
  std::span<const float> attention_norm;
  Linear q, k, v, o;
  std::span<const float> mlp_norm;
  Linear gate, up, down;
};

// Borrows from the pack. Values of s8 lie in [-127, 127]; every f32 is finite, scales are zero or
// positive; frequencies lie in [0, 1].
struct ModelView {
  ModelConfig config;
  rx1::RowsS8 embedding;
  std::vector<LayerView> layers;
  std::span<const float> final_norm;
  rx1::RowsS8 head;  // the embedding when tied
  std::span<const double> rope_frequency;
};

}  // namespace assay::compute::generate
