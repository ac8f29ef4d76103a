// igemm8_bf16: d[m,n] = sum over k of a[m,k] * b[n,k], the same integers on bf16 tensor cores
//   a (M,K) s8, b (N,K) s8, d (M,N) s32, device memory, row-major
// Defined by core/compute/cpu/igemm8_scalar.cc. This file equals it bit for bit, for devices
// without int8 tensor cores (sm_103): [-127, 127] is exact in bf16, and sums over kExactK products
// stay below 2^24, exact in the f32 accumulators whatever their order, if the device accumulates at
// all as f32. PTX does not promise that, so the module uses this kernel only after its self-test.
#include "core/compute/cuda/igemm8_launch.h"
#include "core/compute/cuda/igemm8_tiles.cuh"

namespace assay::compute::cuda {
namespace {

constexpr unsigned kExactK = 1024;
static_assert(kExactK * 127 * 127 < 1U << 24);

#if __CUDA_ARCH__ >= 800
// Bytes first and first + 1 of four s8, offset by 128, as two bf16: 2^23 + byte is an f32 whose low
// bits are the byte.
__device__ __forceinline__ std::uint32_t bf16_pair(std::uint32_t offset_bytes, unsigned first) {
  const auto value = [&](unsigned byte) {
    return __fsub_rn(__uint_as_float(__byte_perm(offset_bytes, 0x4B000000, 0x7440 + byte)),
                     8388608.0F + 128.0F);
  };
  std::uint32_t out;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(out) : "f"(value(first + 1)), "f"(value(first)));
  return out;
}

// Any order of k is right as long as A and B agree: the four consecutive k of a lane's register
// become its two pairs.
__device__ __forceinline__ void exact_product(float (&d)[4], std::uint32_t a0, std::uint32_t a1,
                                              std::uint32_t b) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(bf16_pair(a0, 0)), "r"(bf16_pair(a1, 0)), "r"(bf16_pair(a0, 2)), "r"(bf16_pair(a1, 2)),
        "r"(bf16_pair(b, 0)), "r"(bf16_pair(b, 2)));
}
#endif

template <class T>
struct ExactFloatMath {
  float parts[T::kWarpM / 16][T::kWarpN / 8][4] = {};
  std::int32_t sums[T::kWarpM / 16][T::kWarpN / 8][4] = {};

  __device__ __forceinline__ void product(unsigned i, unsigned j, const std::uint32_t (&a)[4],
                                          const std::uint32_t* b) {
#if __CUDA_ARCH__ >= 800
    constexpr std::uint32_t kFlip = 0x80808080;
    exact_product(parts[i][j], a[0] ^ kFlip, a[1] ^ kFlip, b[0] ^ kFlip);
    exact_product(parts[i][j], a[2] ^ kFlip, a[3] ^ kFlip, b[1] ^ kFlip);
#endif
  }
  __device__ __forceinline__ void after_slice(unsigned slice) {
    if (slice % (kExactK / kSliceK) == kExactK / kSliceK - 1) finish();
  }
  __device__ __forceinline__ void finish() {
#pragma unroll
    for (unsigned i = 0; i < T::kWarpM / 16; ++i) {
#pragma unroll
      for (unsigned j = 0; j < T::kWarpN / 8; ++j) {
#pragma unroll
        for (unsigned e = 0; e < 4; ++e) {
          sums[i][j][e] += static_cast<std::int32_t>(parts[i][j][e]);
          parts[i][j][e] = 0;
        }
      }
    }
  }
  __device__ __forceinline__ std::int32_t sum(unsigned i, unsigned j, unsigned e) const {
    return sums[i][j][e];
  }
};

}  // namespace

// Enqueues on `stream`; the caller synchronises.
cudaError_t launch_igemm8_bf16(const Igemm8Args& args, cudaStream_t stream) {
  return launch_tiles<NarrowTiling>(igemm8_tiles<NarrowTiling, ExactFloatMath<NarrowTiling>>, args,
                                    stream);
}

}  // namespace assay::compute::cuda
