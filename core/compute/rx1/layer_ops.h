// What a transformer does to its rows between the products: RMSNorm, SwiGLU, the residual and the
// embedding. A row of the result depends on that row alone. Every operation is one f32 operation of
// float_ops.h, in the order given; a result that is NaN is the NaN of RX-1.
//
// Rows are dense, one after the other. Results may be written over an input, whole; they must not
// overlap it otherwise. One thread at a time per Engine; its level and threads change no bit. A
// size that does not fit is a bug of the caller and stops the program.
#pragma once

#include <cstdint>
#include <span>

#include "core/compute/engine.h"

namespace assay::compute::rx1 {

// Zhang and Sennrich 2019, "Root Mean Square Layer Normalization". Per row of `gain.size()`:
//   square = sum_of_squares(row) (R128: sum.h)
//   inverse_rms = div(1, sqrt(add(div(square, f32(width)), epsilon)))
//   y = mul(mul(x, inverse_rms), gain)
// x, y (rows, width), gain (width); 1 <= width <= 2^24, so that f32(width) is exact.
void rms_norm(const Engine& engine, std::span<const float> x, std::span<const float> gain,
              float epsilon, std::span<float> y);

// y = mul(silu(gate), up): Shazeer 2020, "GLU Variants Improve Transformer". All of one size.
void swiglu(const Engine& engine, std::span<const float> gate, std::span<const float> up,
            std::span<float> y);

// y = add(x, residual). All of one size.
void add_residual(const Engine& engine, std::span<const float> x, std::span<const float> residual,
                  std::span<float> y);

// y[i] = row token[i] of a quantised table, dequantised: mul(f32(q), scale[token[i]]).
// q (vocabulary, width), scale (vocabulary), y (tokens, width); every token < vocabulary, which the
// caller has checked.
void embed(const Engine& engine, std::span<const std::int8_t> q, std::span<const float> scale,
           std::span<const std::uint32_t> tokens, std::span<float> y);

}  // namespace assay::compute::rx1
