// SSE2: every x86-64 has it. s8 are widened to s16 and multiplied in pairs (pmaddwd), exactly.
#include <emmintrin.h>

#include "core/compute/cpu/few_rows_loops.h"
#include "core/compute/cpu/philox_loops.h"
#include "core/compute/cpu/row_loops.h"
#include "core/compute/cpu/tile_loops.h"

namespace assay::compute::cpu {
namespace {

struct Vector {
  using Reg = __m128i;
  static constexpr std::size_t kLanes = 4;
  static Reg load(const std::int32_t* from) {
    return _mm_loadu_si128(reinterpret_cast<const Reg*>(from));
  }
  static Reg broadcast(std::int32_t value) { return _mm_set1_epi32(value); }
  static Reg dot(Reg sum, Reg b, Reg a) { return _mm_add_epi32(sum, _mm_madd_epi16(b, a)); }
  static void store(std::int32_t* to, Reg value) {
    _mm_storeu_si128(reinterpret_cast<Reg*>(to), value);
  }

  static constexpr std::size_t kBytes = 8;
  static constexpr std::size_t kFewRows = 2;
  static Reg zero() { return _mm_setzero_si128(); }
  static Reg add(Reg a, Reg b) { return _mm_add_epi32(a, b); }
  static Reg load_a(const std::int8_t* from) {
    const Reg bytes = _mm_loadl_epi64(reinterpret_cast<const Reg*>(from));
    return _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
  }
  static Reg load_b(const std::int8_t* from) { return load_a(from); }
  static Reg low32(Reg a, Reg b) { return _mm_unpacklo_epi32(a, b); }
  static Reg high32(Reg a, Reg b) { return _mm_unpackhi_epi32(a, b); }
  static Reg low64(Reg a, Reg b) { return _mm_unpacklo_epi64(a, b); }
  static Reg high64(Reg a, Reg b) { return _mm_unpackhi_epi64(a, b); }
  static __m128i fold(Reg a) { return a; }

  static constexpr std::size_t kLanes64 = 2;
  static Reg broadcast64(std::uint64_t value) {
    return _mm_set1_epi64x(static_cast<long long>(value));
  }
  static Reg lane_numbers() { return _mm_set_epi64x(1, 0); }
  static Reg add64(Reg a, Reg b) { return _mm_add_epi64(a, b); }
  static Reg multiply32(Reg a, Reg b) { return _mm_mul_epu32(a, b); }
  static Reg high(Reg a) { return _mm_srli_epi64(a, 32); }
  static Reg exclusive_or(Reg a, Reg b) { return _mm_xor_si128(a, b); }
  static Reg join(Reg a, Reg b) {
    return _mm_or_si128(_mm_and_si128(a, _mm_set1_epi64x(0xFFFFFFFF)), _mm_slli_epi64(b, 32));
  }
  static Reg pair_low(Reg a, Reg b) { return _mm_unpacklo_epi64(a, b); }
  static Reg pair_high(Reg a, Reg b) { return _mm_unpackhi_epi64(a, b); }
  static Reg max_u8(Reg a, Reg b) { return _mm_max_epu8(a, b); }
};

}  // namespace

const Kernels kSse2 = {6,       8,         2,        tile<Vector, 6, 2>, few_rows<Vector>,
                       nullptr, amax_bits, quantize, philox_s8<Vector>};

}  // namespace assay::compute::cpu
