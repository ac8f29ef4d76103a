// AVX2: s8 are widened to s16 and multiplied in pairs (vpmaddwd), exactly.
#include <immintrin.h>

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
};

}  // namespace

const Kernels kAvx2 = {6, 16, 2, tile<Vector, 6, 2>, amax_bits, quantize, philox_s8};

}  // namespace assay::compute::cpu
