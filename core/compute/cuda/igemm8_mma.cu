// igemm8_mma: d[m,n] = sum over k of a[m,k] * b[n,k] on the int8 tensor cores of sm_80 and later
//   a (M,K) s8, b (N,K) s8, d (M,N) s32, device memory, row-major
// Defined by core/compute/cpu/igemm8_scalar.cc. This file equals it bit for bit.
#include "core/compute/cuda/igemm8_launch.h"
#include "core/compute/cuda/igemm8_tiles.cuh"

namespace assay::compute::cuda {
namespace {

template <class T>
struct IntegerMath {
  std::int32_t sums[T::kWarpM / 16][T::kWarpN / 8][4] = {};

  __device__ __forceinline__ void product(unsigned i, unsigned j, const std::uint32_t (&a)[4],
                                          const std::uint32_t* b) {
#if __CUDA_ARCH__ >= 800
    std::int32_t(&d)[4] = sums[i][j];
    asm volatile(
        "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 "
        "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
  }
  __device__ __forceinline__ void after_slice(unsigned) {}
  __device__ __forceinline__ void finish() {}
  __device__ __forceinline__ std::int32_t sum(unsigned i, unsigned j, unsigned e) const {
    return sums[i][j][e];
  }
};

}  // namespace

// Enqueues on `stream`; the caller synchronises.
cudaError_t launch_igemm8_mma(const Igemm8Args& args, unsigned multiprocessors,
                              cudaStream_t stream) {
  const std::uint64_t wide_tiles = ((args.m + WideTiling::kM - 1) / WideTiling::kM) *
                                   ((args.n + WideTiling::kN - 1) / WideTiling::kN);
  if (wide_tiles >= multiprocessors) {
    return launch_tiles<WideTiling>(igemm8_tiles<WideTiling, IntegerMath<WideTiling>>, args,
                                    stream);
  }
  return launch_tiles<NarrowTiling>(igemm8_tiles<NarrowTiling, IntegerMath<NarrowTiling>>, args,
                                    stream);
}

}  // namespace assay::compute::cuda
