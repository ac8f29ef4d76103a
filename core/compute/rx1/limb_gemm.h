// Linear layers of RX-1: Y[M,N] = A[M,K] · B[N,K]^T from quantised rows, as exact integer dot
// products with one rounding to f32, so that a row of Y depends on its row of A alone and neither
// tiling, threads, level nor the number of rows changes a bit.
//
//            acc (integer)                                                      IGEMM8s
//   A8W8     sum a * b                                              in s32      1
//   A16W8    128 * sum high(a) * b + sum low(a) * b                 in s64      2
//   A16W16   16384 * sum high(a) * high(b)
//              + 128 * (sum high(a) * low(b) + sum low(a) * high(b)) in s64     3
//
// with the limbs x = 128 * high + low of convert.h. A16W16 leaves low(a) * low(b) out: it is below
// what quantising to 16 bits has lost, and a fourth of the work. Every sum fits s32 (K <= kDotMax).
//
//   t = mul(f32(acc), sa[m]);  y = mul(t, sb[n]), or with a bias y = fma(t, sb[n], bias[n])
//
// f32(acc) rounds to nearest even. A NaN among the scales makes its row or column NaN.
//
// One thread at a time per Engine. A size that does not fit is a bug of the caller and stops the
// program. Allocates O(M * K + threads * (M + K) * 64) bytes.
#pragma once

#include <cstdint>
#include <span>

#include "core/compute/engine.h"

namespace assay::compute::rx1 {

// Rows as quantize_rows() makes them. Borrows; q (rows, width), scale (rows).
template <class T>
struct QuantizedRows {
  std::span<const T> q;
  std::span<const float> scale;

  std::size_t rows() const { return scale.size(); }
  std::size_t width() const { return scale.empty() ? 0 : q.size() / scale.size(); }
};
using RowsS8 = QuantizedRows<std::int8_t>;    // values in [-127, 127]
using RowsS16 = QuantizedRows<std::int16_t>;  // values in [-16319, 16319]

// a (M, K), b (N, K), bias (N) or empty for none, y (M, N); 1 <= K <= cpu::kDotMax.
void gemm_a8w8(const Engine& engine, const RowsS8& a, const RowsS8& b, std::span<const float> bias,
               std::span<float> y);
void gemm_a16w8(const Engine& engine, const RowsS16& a, const RowsS8& b,
                std::span<const float> bias, std::span<float> y);
void gemm_a16w16(const Engine& engine, const RowsS16& a, const RowsS16& b,
                 std::span<const float> bias, std::span<float> y);

}  // namespace assay::compute::rx1
