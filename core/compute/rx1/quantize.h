// Rows of f32 to rows of integers with a scale each, and back (RX-1: "quantise per token").
//
// A row's integers and scale depend on that row alone, so a token quantised by itself and among
// others gives the same bits. Rows are dense, one after the other; there are as many as scales.
//
// One thread at a time per Engine; its level and threads change no bit. A size that does not fit
// is a bug of the caller and stops the program; no value of x does.
#pragma once

#include <cstdint>
#include <span>

#include "core/compute/engine.h"

namespace assay::compute::rx1 {

// With limit = 127 for s8 and 16,319 for s16 (two limbs: convert.h), per row of `width` elements:
//   amax = max |x|, exact, on the bits
//   amax < 2^-100 (kSmallestAmax): q = 0, scale = 0. A row of zeros is one of them
//   amax infinite or NaN:          q = 0, scale = NaN, which every dequantised value then is
//   else scale = div(amax, limit), inv = div(limit, amax), q = rne(clamp(mul(x, inv), ±limit))
// A row whose scale is a positive number therefore attains ±limit. For s8 and rows that
// cpu/requantize.h accepts, this is its quantize_row.
// x (rows, width), q (rows, width), scale (rows); width >= 1.
void quantize_rows(const Engine& engine, std::span<const float> x, std::size_t width,
                   std::span<std::int8_t> q, std::span<float> scale);
void quantize_rows(const Engine& engine, std::span<const float> x, std::size_t width,
                   std::span<std::int16_t> q, std::span<float> scale);

// The two limbs of s16 values (|q| <= kLimbsMax): q = 128 * high + low. All of one size.
void split_rows(const Engine& engine, std::span<const std::int16_t> q, std::span<std::int8_t> high,
                std::span<std::int8_t> low);

// The epilogue of IGEMM8, acc (M, N) to y (M, N) with a scale per row of A and of B:
//   t = mul(f32(acc), sa[m])
//   y = mul(t, sb[n]), or with a bias y = fma(t, sb[n], bias[n])
// f32(acc) rounds to nearest even. sa (M), sb (N), bias (N) or empty for none.
void dequantize_rows(const Engine& engine, std::span<const std::int32_t> acc,
                     std::span<const float> sa, std::span<const float> sb,
                     std::span<const float> bias, std::span<float> y);

}  // namespace assay::compute::rx1
