// The rate of a step, and what a step does with a gradient. Pure; any thread.
//
// Numbers in ppm become f32(ppm / 10^6), the division in double. In double, every operation
// rounded, with rate = learning_rate_ppm / 10^6 and step s = 1 .. S:
//   s <= W:  rate_s = rate * s / W
//   else, f = (s - W) / (S - W) and final = final_rate_ppm / 10^6:
//     none    rate_s = rate
//     linear  rate_s = rate * (final + (1 - final) * (1 - f))
//     cosine  rate_s = rate * (final + (1 - final) * (0.5 * (1 + cos_f32(f32(pi * f)))))
// and it is used as f32(rate_s).
//
// square = sum_of_squares over all P (R128). With clipping, norm = sqrt(square), and where it is
// above clip, factor = div(clip, norm); else factor = 1.
//
//   adam      d = mul(g, factor);  m = fma(b1, m, mul(1 - b1, d));
//             v = fma(b2, v, mul(1 - b2, mul(d, d)))
//             move = fma(decay, p, div(mul(m, c1), add(sqrt(mul(v, c2)), 1e-8)))
//   momentum  m = fma(momentum, m, mul(g, factor));  move = fma(decay, p, m)
//   sgd       move = fma(decay, p, mul(g, factor))
//   p = fma(-rate_s, move, p)
//
// decay is that of weight_decay_ppm for matrices and 0 for the rest. 1 - b is f32 of the
// difference in double; c is f32(1 / (1 - b^s)) in double, b^s by s multiplications from 1.
#pragma once

#include <span>

#include "core/compute/train/layout.h"
#include "core/compute/train/train_kernels.h"

namespace assay::compute::train {

float learning_rate(const OptimizerParameters& parameters, std::uint32_t step, std::uint32_t steps);

// Beyond it a step changes nothing (train.h).
inline constexpr float kSquareMax = 0x1p120F;

// What update() does to the elements of one tensor; weight_decay is that of matrices.
AdamStep step_of(const TrainParameters& parameters, std::uint32_t step, float square);
// f32(momentum_ppm / 10^6)
float momentum_of(const OptimizerParameters& parameters);

// Updates parameters and moments, each P f32 as bytes; those that the optimiser has not are empty.
// `square` is at most kSquareMax.
struct Moved {
  std::span<std::uint8_t> parameters, first, second;
};
void update(const TrainParameters& parameters, const std::vector<ParameterTensor>& layout,
            std::uint32_t step, std::span<const float> gradient, float square, const Moved& state,
            const Engine& engine);

}  // namespace assay::compute::train
