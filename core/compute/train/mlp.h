// The perceptron of train.h and its gradient; x as in train.h, the batch's B examples as rows.
//
// Forward, for n = 0 .. L-1, with h_0 the examples:
//   z = h_n x weight_n, with bias_n as the product's bias (rx1/limb_gemm.h);
//   h_{n+1} = z where z > 0, else +0; of the last layer, h_L = z
// To classify: loss = div(sum over examples of cross_entropy(h_L, class), f32(B)), and dh_L by it
//   with factor div(1, f32(B)) (train_kernels.h)
// To regress: e = sub(h_L, y);  loss = div(sum over all elements of mul(e, e), f32(B * O));
//   dh_L = mul(e, div(2, f32(B * O)))
// Backward, last layer first, dz being dh_{n+1}, and +0 where h_{n+1} is 0 unless n is the last:
//   dweight_n = dz^T x h_n^T;  dbias_n = column sums of dz;  dh_n = dz x weight_n^T
// Sums are R128.
#pragma once

#include "core/compute/train/model.h"

namespace assay::compute::train {

// One batch: x (B, I), and classes (B) or y (B, O). Uses up x. P parameters and gradients.
float mlp_gradient(const MlpShape& shape, Numbers x, std::span<const std::uint16_t> classes,
                   std::span<const float> y, std::span<const float> parameters,
                   std::span<float> gradient, const Engine& engine);

}  // namespace assay::compute::train
