// The forward pass of a decoder in RX-1: tokens to logits. Every number of a token follows from
// that token, its position, and the keys and values at the positions before it, and from nothing
// else: not from which tokens, or which texts, go through with it. So prefill equals decode bit for
// bit at every split, and a text is checked by one pass over all its tokens.
//
// One token at position p (shapes: model.h; the operations: rx1/layer_ops.h, quantize.h,
// limb_gemm.h, rope.h, attention.h). "act(x)" is quantize_rows of the whole row, to s8 with W8A8
// and to s16 with A16W8; "linear" is gemm_a8w8 or gemm_a16w8 with the layer's bias, if it has one.
//
//   x = embed(token)
//   for each layer:
//     n = act(rms_norm(x, attention_norm, epsilon))
//     q, k, v = linear(n, q), linear(n, k), linear(n, v)
//     q, k = rotate(q), rotate(k)                      rope_table of rope_frequency, row p
//     q, k = quantize_rows(q), quantize_rows(k)        s16, a scale per head (width S)
//     v = quantize_rows(v)                             s8, a scale per head
//     k and v of position p go into the cache
//     y = attention(q; k, v at 0..p)                   score_scale div(1, sqrt(f32(S)))
//     x = add(linear(act(y), o), x)
//     n = act(rms_norm(x, mlp_norm, epsilon))
//     y = swiglu(linear(n, gate), linear(n, up))
//     x = add(linear(act(y), down), x)
//   logits = linear(act(rms_norm(x, final_norm, epsilon)), head)
//
// Numbers that overflow become NaN in scales and logits, never wrong numbers; the workload refuses
// both. One thread at a time per Engine; its level and threads change no bit. Sizes that do not fit
// are bugs of the caller and stop the program.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/compute/engine.h"
#include "core/compute/generate/model.h"
#include "core/compute/rx1/attention.h"

namespace assay::compute::generate {

enum class Precision { w8a8, a16w8 };

// One text's keys and values: layer by layer, positions 0..capacity-1. Zeros at first. Owns.
class KeyValues {
 public:
  KeyValues(const ModelConfig& config, std::uint64_t capacity);

  std::uint64_t capacity() const { return capacity_; }
  static std::uint64_t bytes(const ModelConfig& config, std::uint64_t positions);

  // A layer's positions [first, first + count), to be read, and to be filled.
  rx1::KvCache view(std::size_t layer, std::uint64_t first, std::uint64_t count) const;
  struct Part {
    std::span<std::int16_t> k;  // (count, kv_heads, head_size)
    std::span<float> k_scale;   // (count, kv_heads)
    std::span<std::int8_t> v;
    std::span<float> v_scale;
  };
  Part part(std::size_t layer, std::uint64_t first, std::uint64_t count);
  // Positions [first, capacity) of layer 0 and all that follows.
  Part from(std::uint64_t first);

 private:
  std::uint64_t capacity_;
  std::size_t heads_;  // kv_heads
  std::size_t width_;  // kv_heads * head_size
  std::vector<std::int16_t> k_;
  std::vector<float> k_scale_;
  std::vector<std::int8_t> v_;
  std::vector<float> v_scale_;
};

// Tokens of one text at positions first, first + 1, …; no two runs of a call overlap.
struct Run {
  KeyValues* cache = nullptr;
  std::uint64_t first = 0;
  std::span<const std::uint32_t> tokens;  // each below the vocabulary
};

// Whether keys and values go into the caches or are held against what is there.
enum class CacheUse { fill, compare };

class Transformer {
 public:
  // Borrows the model.
  Transformer(const ModelView& model, Precision precision);

  const ModelConfig& config() const { return model_.config; }

  // x after the last layer, a row of `hidden` for every token, runs one after the other.
  //   fill     positions before a run's first are in its cache; the run's are put there
  //   compare  a cache holds all positions, the run's too. What is computed is compared with them,
  //            bit for bit: `same` says for each row whether all its keys, values and scales are
  //            those of the cache. A row whose own are not has a hidden row without meaning; other
  //            rows do not notice.
  struct Rows {
    std::vector<float> hidden;  // (rows, D)
    std::vector<bool> same;     // (rows) with compare, else empty
  };
  Rows forward(const Engine& engine, std::span<const Run> runs, CacheUse use) const;

  // Rows of `hidden` to rows of logits, (rows, V).
  std::vector<float> logits(const Engine& engine, std::span<const float> hidden) const;

  // Multiply-adds of one token at a position, as 8-bit products: what a plan meters. With A16W8
  // every weight counts twice. The head is apart: prompts do not need it.
  std::uint64_t token_ops(std::uint64_t position) const;
  std::uint64_t head_ops() const;

 private:
  const ModelView& model_;
  Precision precision_;
};

}  // namespace assay::compute::generate
