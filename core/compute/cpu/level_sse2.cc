// SSE2: every x86-64 has it. s8 are widened to s16 and multiplied in pairs (pmaddwd), exactly.
#include <emmintrin.h>

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
};

}  // namespace

const Kernels kSse2 = {6, 8, 2, tile<Vector, 6, 2>, amax_bits, quantize, philox_s8};

}  // namespace assay::compute::cpu
