// igemm8 for few rows of A, once for every vector width: B is read where it lies, once, so that a
// product with one row runs at the speed of memory and needs no packed copy of the weights. V is a
// type of the including file's own unnamed namespace (see kernels.h).
//   V::Reg, V::kBytes of k in it, V::kFewRows; zero; add (s32); load_a, load_b (kBytes values);
//   dot(sum, b, a); low32, high32, low64, high64 (unpack two registers within each 128 bits); fold
//   (the sum of its 128-bit parts)
#pragma once

#include <emmintrin.h>

#include <cstring>

#include "core/compute/cpu/kernels.h"

namespace assay::compute::cpu {
namespace {

// The sums of four registers' s32.
template <class V>
__m128i sums_of(const typename V::Reg (&x)[4]) {
  const typename V::Reg a = V::add(V::low32(x[0], x[1]), V::high32(x[0], x[1]));
  const typename V::Reg b = V::add(V::low32(x[2], x[3]), V::high32(x[2], x[3]));
  return V::fold(V::add(V::low64(a, b), V::high64(a, b)));
}

template <class V, std::size_t kRows>
[[gnu::always_inline]] inline void accumulate(typename V::Reg (&sum)[kRows][4],
                                              const std::int8_t* a, std::size_t a_stride,
                                              const std::int8_t* const (&b)[4], std::size_t begin,
                                              std::size_t end) {
  for (std::size_t k = begin; k < end; k += V::kBytes) {
    const typename V::Reg b0 = V::load_b(b[0] + k), b1 = V::load_b(b[1] + k);
    const typename V::Reg b2 = V::load_b(b[2] + k), b3 = V::load_b(b[3] + k);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kRows; ++i) {
      const typename V::Reg row = V::load_a(a + i * a_stride + k);
      sum[i][0] = V::dot(sum[i][0], b0, row);
      sum[i][1] = V::dot(sum[i][1], b1, row);
      sum[i][2] = V::dot(sum[i][2], b2, row);
      sum[i][3] = V::dot(sum[i][3], b3, row);
    }
  }
}

// kRows rows of A by `columns` <= 4 rows of B; the last values of k go through a padded copy.
template <class V, std::size_t kRows>
void few_block(const std::int8_t* a, std::size_t a_stride, const std::int8_t* const (&b)[4],
               const std::int8_t* const (&tail)[4], std::size_t k_size, std::size_t columns,
               const std::int32_t* start, std::int32_t* d, std::size_t stride) {
  typename V::Reg sum[kRows][4];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kRows; ++i) {
    sum[i][0] = sum[i][1] = sum[i][2] = sum[i][3] = V::zero();
  }
  const std::size_t whole = k_size - k_size % V::kBytes;
  accumulate<V, kRows>(sum, a, a_stride, b, 0, whole);
  if (whole < k_size) accumulate<V, kRows>(sum, a + whole, a_stride, tail, 0, V::kBytes);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kRows; ++i) {
    alignas(16) std::int32_t out[4];
    _mm_store_si128(reinterpret_cast<__m128i*>(out),
                    _mm_add_epi32(sums_of<V>(sum[i]), _mm_set1_epi32(start[i])));
    for (std::size_t n = 0; n < columns; ++n) d[i * stride + n] = out[n];
  }
}

template <class V>
void few_rows(const std::int8_t* a, std::size_t a_stride, std::size_t rows, const std::int8_t* b,
              std::size_t n_size, std::size_t k_size, const std::int32_t* start, std::int32_t* d,
              std::size_t stride) {
  const std::size_t whole = k_size - k_size % V::kBytes;
  for (std::size_t n = 0; n < n_size; n += 4) {
    const std::size_t columns = n_size - n < 4 ? n_size - n : 4;
    std::int8_t padded[4][V::kBytes] = {};
    const std::int8_t* from[4];
    const std::int8_t* const tail[4] = {padded[0], padded[1], padded[2], padded[3]};
    for (std::size_t c = 0; c < 4; ++c) {
      from[c] = b + (n + (c < columns ? c : 0)) * k_size;
      if (whole < k_size) std::memcpy(padded[c], from[c] + whole, k_size - whole);
    }
    const std::int8_t* const(&b4)[4] = from;
    std::size_t i = 0;
    for (; i + V::kFewRows <= rows; i += V::kFewRows) {
      few_block<V, V::kFewRows>(a + i * a_stride, a_stride, b4, tail, k_size, columns, start + i,
                                d + i * stride + n, stride);
    }
    for (; i < rows; ++i) {
      few_block<V, 1>(a + i * a_stride, a_stride, b4, tail, k_size, columns, start + i,
                      d + i * stride + n, stride);
    }
  }
}

}  // namespace
}  // namespace assay::compute::cpu
