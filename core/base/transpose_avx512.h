// A matrix of 16 x 16 words in AVX-512 registers, turned. In an unnamed namespace, as all code that
// is compiled for some machines only: the linker could hand it to a machine that lacks AVX-512.
#pragma once

#include <immintrin.h>

#include <cstddef>

namespace assay {
namespace {

// r[i][j] becomes r[j][i], as 16 x 16 words.
__attribute__((always_inline)) inline void transpose16(__m512i (&r)[16]) {
  __m512i t[16];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 16; i += 4) {  // 4 x 4 words within each quarter of a register
    const __m512i low01 = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    const __m512i high01 = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    const __m512i low23 = _mm512_unpacklo_epi32(r[i + 2], r[i + 3]);
    const __m512i high23 = _mm512_unpackhi_epi32(r[i + 2], r[i + 3]);
    t[i] = _mm512_unpacklo_epi64(low01, low23);
    t[i + 1] = _mm512_unpackhi_epi64(low01, low23);
    t[i + 2] = _mm512_unpacklo_epi64(high01, high23);
    t[i + 3] = _mm512_unpackhi_epi64(high01, high23);
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) {  // then the quarters, 4 x 4
    const __m512i a = _mm512_shuffle_i32x4(t[i], t[4 + i], 0x44);
    const __m512i b = _mm512_shuffle_i32x4(t[i], t[4 + i], 0xEE);
    const __m512i c = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0x44);
    const __m512i d = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0xEE);
    r[i] = _mm512_shuffle_i32x4(a, c, 0x88);
    r[4 + i] = _mm512_shuffle_i32x4(a, c, 0xDD);
    r[8 + i] = _mm512_shuffle_i32x4(b, d, 0x88);
    r[12 + i] = _mm512_shuffle_i32x4(b, d, 0xDD);
  }
}

}  // namespace
}  // namespace assay
