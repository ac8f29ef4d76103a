// AVX-512 VNNI: vpdpbusd multiplies u8 by s8, so B comes offset by 128 and every sum starts at
// -128 * (sum of A's row). Partial sums wrap modulo 2^32; the whole sum fits.
#include <immintrin.h>

#include "core/base/transpose_avx512.h"
#include "core/compute/cpu/few_rows_loops.h"
#include "core/compute/cpu/philox_loops.h"
#include "core/compute/cpu/row_loops.h"
#include "core/compute/cpu/tile_loops.h"

namespace assay::compute::cpu {
namespace {

struct Vector {
  using Reg = __m512i;
  static constexpr std::size_t kLanes = 16;
  static Reg load(const std::int32_t* from) { return _mm512_loadu_si512(from); }
  static Reg broadcast(std::int32_t value) { return _mm512_set1_epi32(value); }
  static Reg dot(Reg sum, Reg b, Reg a) { return _mm512_dpbusd_epi32(sum, b, a); }
  static void store(std::int32_t* to, Reg value) { _mm512_storeu_si512(to, value); }

  static constexpr std::size_t kBytes = 64;
  static constexpr std::size_t kFewRows = 4;
  static Reg zero() { return _mm512_setzero_si512(); }
  static Reg add(Reg a, Reg b) { return _mm512_add_epi32(a, b); }
  static Reg load_a(const std::int8_t* from) { return _mm512_loadu_si512(from); }
  static Reg load_b(const std::int8_t* from) {
    return _mm512_xor_si512(_mm512_loadu_si512(from), _mm512_set1_epi8(-128));
  }
  static Reg low32(Reg a, Reg b) { return _mm512_unpacklo_epi32(a, b); }
  static Reg high32(Reg a, Reg b) { return _mm512_unpackhi_epi32(a, b); }
  static Reg low64(Reg a, Reg b) { return _mm512_unpacklo_epi64(a, b); }
  static Reg high64(Reg a, Reg b) { return _mm512_unpackhi_epi64(a, b); }
  static __m128i fold(Reg a) {
    const __m256i half =
        _mm256_add_epi32(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  }

  static constexpr std::size_t kLanes64 = 8;
  static Reg broadcast64(std::uint64_t value) {
    return _mm512_set1_epi64(static_cast<long long>(value));
  }
  static Reg lane_numbers() { return _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0); }
  static Reg add64(Reg a, Reg b) { return _mm512_add_epi64(a, b); }
  static Reg multiply32(Reg a, Reg b) { return _mm512_mul_epu32(a, b); }
  static Reg high(Reg a) { return _mm512_srli_epi64(a, 32); }
  static Reg exclusive_or(Reg a, Reg b) { return _mm512_xor_si512(a, b); }
  static Reg join(Reg a, Reg b) {
    return _mm512_mask_blend_epi32(0xAAAA, a, _mm512_slli_epi64(b, 32));
  }
  static Reg pair_low(Reg a, Reg b) { return _mm512_unpacklo_epi64(a, b); }
  static Reg pair_high(Reg a, Reg b) { return _mm512_unpackhi_epi64(a, b); }
  static Reg max_u8(Reg a, Reg b) { return _mm512_max_epu8(a, b); }
};

// Sixteen groups of sixteen rows at a time.
void pack(const std::int8_t* x, std::size_t rows, std::size_t k_size, std::size_t width,
          std::uint8_t flip, std::int32_t* out) {
  constexpr std::size_t kRows = 16;
  const __m512i flips = _mm512_set1_epi8(static_cast<char>(flip));
  for (std::size_t k = 0; k + 4 * kPackGroups <= k_size; k += 4 * kPackGroups) {
    for (std::size_t row = 0; row < rows; row += kRows) {
      const std::size_t count = rows - row < kRows ? rows - row : kRows;
      __m512i groups[kRows];
      for (std::size_t i = 0; i < kRows; ++i) {
        const std::size_t from = row + (i < count ? i : 0);
        groups[i] = _mm512_xor_si512(_mm512_loadu_si512(x + from * k_size + k), flips);
      }
      transpose16(groups);
      const auto mask = static_cast<__mmask16>((1U << count) - 1);
      for (std::size_t g = 0; g < kPackGroups; ++g) {
        _mm512_mask_storeu_epi32(out + (k / 4 + g) * width + row, mask, groups[g]);
      }
    }
  }
}

}  // namespace

const Kernels kAvx512 = {12,   32,        4,        tile<Vector, 12, 2>, few_rows<Vector>,
                         pack, amax_bits, quantize, philox_s8<Vector>};

}  // namespace assay::compute::cpu
