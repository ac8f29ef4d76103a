// AVX-512 VNNI: vpdpbusd multiplies u8 by s8, so B comes offset by 128 and every sum starts at
// -128 * (sum of A's row). Partial sums wrap modulo 2^32; the whole sum fits.
#include <immintrin.h>

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
};

}  // namespace

const Kernels kAvx512 = {12, 32, 4, tile<Vector, 12, 2>, amax_bits, quantize, philox_s8};

}  // namespace assay::compute::cpu
