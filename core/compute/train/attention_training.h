// Causal softmax attention with grouped queries, and its gradient, for whole sequences. Per
// sequence, key head g and query head h of its group, with q, k, v [T, d] and x as in train.h:
//
//   S = q x k;  P = softmax of row i over j <= i with scale a = div(1, sqrt(f32(d)));
//   o = P x v^T                                  the rows of v^T are channels over tokens
// and from do
//   dP = do x v;  dS = softmax_gradient(P, dP), scale a        (train_kernels.h)
//   dq = dS x k^T;  dk_h = dS^T x q^T;  dv_h = P^T x do^T
//   dk, dv = those of the group's query heads, added in ascending order of h
//
// P is computed again for the gradient: the same bits. One thread at a time per Engine, whose level
// and threads change no bit. A size that does not fit is a bug of the caller.
#pragma once

#include <span>

#include "core/compute/engine.h"

namespace assay::compute::train {

struct HeadShape {
  std::size_t sequence = 0;   // T
  std::size_t heads = 0;      // a multiple of kv_heads
  std::size_t kv_heads = 0;   // >= 1
  std::size_t head_size = 0;  // d

  // Of a token's row in qkv: its queries, its keys, its values.
  std::size_t width() const { return (heads + 2 * kv_heads) * head_size; }
};

// qkv (B, T, width), q and k turned by their positions already; out (B, T, heads * d).
void attend(const Engine& engine, const HeadShape& shape, std::span<const float> qkv,
            std::span<float> out);
// From d_out, the gradient of out, that of qkv.
void attend_gradient(const Engine& engine, const HeadShape& shape, std::span<const float> qkv,
                     std::span<const float> d_out, std::span<float> d_qkv);

}  // namespace assay::compute::train
