// The decoder of train.h and its gradient; the names of layout.h without ".weight", x as in
// train.h. R = B * T rows, one a token; dy is the gradient of y.
//
// Forward
//   x = row of embed_tokens for each token
//   for each layer:
//     n1 = rms_norm(x, input_layernorm)              epsilon 1e-5 (rx1/layer_ops.h)
//     [q k v] = n1 x [q_proj k_proj v_proj];  q and k turned by their positions in the window
//                                                    (rx1/rope.h, all of a head)
//     a = attend([q k v])                            (attention_training.h)
//     h = add(a x o_proj, x)
//     n2 = rms_norm(h, post_attention_layernorm)
//     [gate up] = n2 x [gate_proj up_proj];  y = swiglu(gate, up)
//     x = add(y x down_proj, h)
//   f = rms_norm(x, norm);  logits = f x embed_tokens
//   loss = div(sum over rows of cross_entropy(logits, next token), f32(R))    R128
//
// Backward, w^T being a matrix transposed, and dw = dy^T x x^T the gradient of y = x x w:
//   dlogits by cross_entropy, factor div(1, f32(R));  df = dlogits x embed_tokens^T
//   dx = +0;  rms_gradient(x, norm, df) adds to dx    (train_kernels.h; the rows of d_gain are
//                                                     summed by column, R128)
//   for each layer, last first:
//     dy = dx x down_proj^T;  [dgate dup] by swiglu_gradient;  dn2 = [dgate dup] x [gate up]^T
//     rms_gradient(h, post_attention_layernorm, dn2) adds to dx, which is now dh
//     da = dx x o_proj^T;  [dq dk dv] by attend_gradient; dq and dk turned back (the sine negated)
//     dn1 = [dq dk dv] x [q k v]^T;  rms_gradient(x, input_layernorm, dn1) adds to dx
//   dembed_tokens = dlogits^T x f^T; then row v of it, if token v is among the batch's, becomes
//     add(row, sum of dx over the rows whose token is v, ascending), R128 over those rows
#pragma once

#include "core/compute/train/model.h"

namespace assay::compute::train {

inline constexpr float kNormEpsilon = 1e-5F;

// One batch by its tokens: rows of T + 1, B of them. `parameters` and `gradient` have P elements.
float transformer_gradient(const TransformerShape& shape, std::span<const std::uint16_t> windows,
                           std::span<const float> parameters, std::span<float> gradient,
                           const Engine& engine);

}  // namespace assay::compute::train
