// AVX2: s8 are widened to s16 and multiplied in pairs (vpmaddwd), exactly.
#include <immintrin.h>

#include "core/compute/cpu/few_rows_loops.h"
#include "core/compute/cpu/philox_loops.h"
#include "core/compute/cpu/row_loops.h"
#include "core/compute/cpu/tile_loops.h"

namespace assay::compute::cpu {
namespace {

struct Vector {
  using Reg = __m256i;
  static constexpr std::size_t kLanes = 8;
  static Reg load(const std::int32_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const Reg*>(from));
  }
  static Reg broadcast(std::int32_t value) { return _mm256_set1_epi32(value); }
  static Reg dot(Reg sum, Reg b, Reg a) { return _mm256_add_epi32(sum, _mm256_madd_epi16(b, a)); }
  static void store(std::int32_t* to, Reg value) {
    _mm256_storeu_si256(reinterpret_cast<Reg*>(to), value);
  }

  static constexpr std::size_t kBytes = 16;
  static constexpr std::size_t kFewRows = 2;
  static Reg zero() { return _mm256_setzero_si256(); }
  static Reg add(Reg a, Reg b) { return _mm256_add_epi32(a, b); }
  static Reg load_a(const std::int8_t* from) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  static Reg load_b(const std::int8_t* from) { return load_a(from); }
  static Reg low32(Reg a, Reg b) { return _mm256_unpacklo_epi32(a, b); }
  static Reg high32(Reg a, Reg b) { return _mm256_unpackhi_epi32(a, b); }
  static Reg low64(Reg a, Reg b) { return _mm256_unpacklo_epi64(a, b); }
  static Reg high64(Reg a, Reg b) { return _mm256_unpackhi_epi64(a, b); }
  static __m128i fold(Reg a) {
    return _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
  }

  static constexpr std::size_t kLanes64 = 4;
  static Reg broadcast64(std::uint64_t value) {
    return _mm256_set1_epi64x(static_cast<long long>(value));
  }
  static Reg lane_numbers() { return _mm256_set_epi64x(3, 1, 2, 0); }
  static Reg add64(Reg a, Reg b) { return _mm256_add_epi64(a, b); }
  static Reg multiply32(Reg a, Reg b) { return _mm256_mul_epu32(a, b); }
  static Reg high(Reg a) { return _mm256_srli_epi64(a, 32); }
  static Reg exclusive_or(Reg a, Reg b) { return _mm256_xor_si256(a, b); }
  static Reg join(Reg a, Reg b) { return _mm256_blend_epi32(a, _mm256_slli_epi64(b, 32), 0xAA); }
  static Reg pair_low(Reg a, Reg b) { return _mm256_unpacklo_epi64(a, b); }
  static Reg pair_high(Reg a, Reg b) { return _mm256_unpackhi_epi64(a, b); }
  static Reg max_u8(Reg a, Reg b) { return _mm256_max_epu8(a, b); }
};

}  // namespace

const Kernels kAvx2 = {6,       16,        2,        tile<Vector, 6, 2>, few_rows<Vector>,
                       nullptr, amax_bits, quantize, philox_s8<Vector>};

}  // namespace assay::compute::cpu
