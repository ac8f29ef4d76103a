// AVX2 and FMA.
#include <immintrin.h>

#include "core/compute/rx1/dot_loops.h"
#include "core/compute/rx1/op_loops.h"

namespace assay::compute::rx1 {
namespace {

struct Vector {
  using Reg = __m256i;
  static constexpr std::size_t kLanes = 16;
  static Reg zero() { return _mm256_setzero_si256(); }
  static Reg load(const std::int16_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const Reg*>(from));
  }
  static Reg load_s8(const std::int8_t* from) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  static Reg pairs(std::int32_t value) { return _mm256_set1_epi32(value); }
  static Reg madd(Reg a, Reg b) { return _mm256_madd_epi16(a, b); }
  static Reg add(Reg a, Reg b) { return _mm256_add_epi32(a, b); }
  static Reg low(Reg a, Reg b) { return _mm256_unpacklo_epi16(a, b); }
  static Reg high(Reg a, Reg b) { return _mm256_unpackhi_epi16(a, b); }
  static std::int32_t sum(Reg a) {
    const __m128i quarter =
        _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    const __m128i halves = _mm_add_epi32(quarter, _mm_shuffle_epi32(quarter, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(halves, _mm_shuffle_epi32(halves, 0xB1)));
  }
  static void store(std::int32_t* to, Reg a) { _mm256_storeu_si256(reinterpret_cast<Reg*>(to), a); }
};

}  // namespace

const OpKernels kAvx2Ops = {
    amax_bits, quantize_s8, quantize_s16,   split,     dequantize,   dequantize_limbs,
    normalize, swiglu_row,  add_rows,       embed_row, rotate_pairs, dot<Vector>,
    scores,    weigh,       gather<Vector>, blend,     divide};

}  // namespace assay::compute::rx1
