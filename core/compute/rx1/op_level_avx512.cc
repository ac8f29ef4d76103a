// AVX-512 F, BW, DQ and VL.
#include <immintrin.h>

#include "core/compute/rx1/dot_loops.h"
#include "core/compute/rx1/op_loops.h"

namespace assay::compute::rx1 {
namespace {

struct Vector {
  using Reg = __m512i;
  static constexpr std::size_t kLanes = 32;
  static Reg zero() { return _mm512_setzero_si512(); }
  static Reg load(const std::int16_t* from) { return _mm512_loadu_si512(from); }
  static Reg load_s8(const std::int8_t* from) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  }
  static Reg pairs(std::int32_t value) { return _mm512_set1_epi32(value); }
  static Reg madd(Reg a, Reg b) { return _mm512_madd_epi16(a, b); }
  static Reg add(Reg a, Reg b) { return _mm512_add_epi32(a, b); }
  static Reg low(Reg a, Reg b) { return _mm512_unpacklo_epi16(a, b); }
  static Reg high(Reg a, Reg b) { return _mm512_unpackhi_epi16(a, b); }
  static std::int32_t sum(Reg a) { return _mm512_reduce_add_epi32(a); }
  static void store(std::int32_t* to, Reg a) { _mm512_storeu_si512(to, a); }
};

}  // namespace

const OpKernels kAvx512Ops = {
    amax_bits, quantize_s8, quantize_s16,   split,     dequantize,   dequantize_limbs,
    normalize, swiglu_row,  add_rows,       embed_row, rotate_pairs, dot<Vector>,
    scores,    weigh,       gather<Vector>, blend,     divide};

}  // namespace assay::compute::rx1
