// SSE2: every x86-64 has it.
#include <emmintrin.h>

#include "core/compute/rx1/dot_loops.h"
#include "core/compute/rx1/op_loops.h"

namespace assay::compute::rx1 {
namespace {

struct Vector {
  using Reg = __m128i;
  static constexpr std::size_t kLanes = 8;
  static Reg zero() { return _mm_setzero_si128(); }
  static Reg load(const std::int16_t* from) {
    return _mm_loadu_si128(reinterpret_cast<const Reg*>(from));
  }
  static Reg load_s8(const std::int8_t* from) {
    const Reg bytes = _mm_loadl_epi64(reinterpret_cast<const Reg*>(from));
    return _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
  }
  static Reg pairs(std::int32_t value) { return _mm_set1_epi32(value); }
  static Reg madd(Reg a, Reg b) { return _mm_madd_epi16(a, b); }
  static Reg add(Reg a, Reg b) { return _mm_add_epi32(a, b); }
  static Reg low(Reg a, Reg b) { return _mm_unpacklo_epi16(a, b); }
  static Reg high(Reg a, Reg b) { return _mm_unpackhi_epi16(a, b); }
  static std::int32_t sum(Reg a) {
    const Reg halves = _mm_add_epi32(a, _mm_shuffle_epi32(a, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(halves, _mm_shuffle_epi32(halves, 0xB1)));
  }
  static void store(std::int32_t* to, Reg a) { _mm_storeu_si128(reinterpret_cast<Reg*>(to), a); }
};

}  // namespace

const OpKernels kSse2Ops = {
    amax_bits, quantize_s8, quantize_s16,   split,     dequantize,   dequantize_limbs,
    normalize, swiglu_row,  add_rows,       embed_row, rotate_pairs, dot<Vector>,
    scores,    weigh,       gather<Vector>, blend,     divide};

}  // namespace assay::compute::rx1
