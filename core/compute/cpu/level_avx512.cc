// AVX-512 VNNI: vpdpbusd multiplies u8 by s8, so B comes offset by 128 and every sum starts at
// -128 * (sum of A's row). Partial sums wrap modulo 2^32; the whole sum fits.
#include <immintrin.h>

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

}  // namespace

const Kernels kAvx512 = {12, 32, 4, tile<Vector, 12, 2>, amax_bits, quantize, philox_s8<Vector>};

}  // namespace assay::compute::cpu
