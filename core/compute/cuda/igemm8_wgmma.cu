// igemm8_wgmma: d[m,n] = sum over k of a[m,k] * b[n,k] by the warpgroup products of sm_90a
//   a (M,K) s8, b (N,K) s8, d (M,N) s32, device memory, row-major
// Defined by core/compute/cpu/igemm8_scalar.cc. This file equals it bit for bit.
#include "core/compute/cuda/igemm8_launch.h"
#include "core/compute/cuda/igemm8_tiles.cuh"
#include "core/compute/cuda/igemm8_wgmma_layout.h"

namespace assay::compute::cuda {
namespace {

using T = WgmmaTiling;

#ifdef __CUDA_ARCH_FEAT_SM90_ALL

// d (64 x 128, this warpgroup's) += a · b^T over 32 of K.
__device__ __forceinline__ void warpgroup_product(std::int32_t (&d)[64], std::uint64_t a,
                                                  std::uint64_t b) {
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, 1, 0;"
      "wgmma.mma_async.sync.aligned.m64n128k32.s32.s8.s8 "
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      " %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
      " %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
      " %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, %64, %65, "
      "p; }"
      : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3]), "+r"(d[4]), "+r"(d[5]), "+r"(d[6]),
        "+r"(d[7]), "+r"(d[8]), "+r"(d[9]), "+r"(d[10]), "+r"(d[11]), "+r"(d[12]), "+r"(d[13]),
        "+r"(d[14]), "+r"(d[15]), "+r"(d[16]), "+r"(d[17]), "+r"(d[18]), "+r"(d[19]), "+r"(d[20]),
        "+r"(d[21]), "+r"(d[22]), "+r"(d[23]), "+r"(d[24]), "+r"(d[25]), "+r"(d[26]), "+r"(d[27]),
        "+r"(d[28]), "+r"(d[29]), "+r"(d[30]), "+r"(d[31]), "+r"(d[32]), "+r"(d[33]), "+r"(d[34]),
        "+r"(d[35]), "+r"(d[36]), "+r"(d[37]), "+r"(d[38]), "+r"(d[39]), "+r"(d[40]), "+r"(d[41]),
        "+r"(d[42]), "+r"(d[43]), "+r"(d[44]), "+r"(d[45]), "+r"(d[46]), "+r"(d[47]), "+r"(d[48]),
        "+r"(d[49]), "+r"(d[50]), "+r"(d[51]), "+r"(d[52]), "+r"(d[53]), "+r"(d[54]), "+r"(d[55]),
        "+r"(d[56]), "+r"(d[57]), "+r"(d[58]), "+r"(d[59]), "+r"(d[60]), "+r"(d[61]), "+r"(d[62]),
        "+r"(d[63])
      : "l"(a), "l"(b));
}

__device__ __forceinline__ void copy_slice(const Igemm8Shape& s, std::uint64_t row0,
                                           std::uint64_t column0, std::uint64_t k0,
                                           std::uint32_t stage) {
#pragma unroll
  for (unsigned i = 0; i < T::kCopies; ++i) {
    const ChunkPlace at = wgmma_copied_chunk(threadIdx.x, i);
    const std::uint64_t k = k0 + at.chunk * kChunkK;
    const bool of_a = at.row < T::kM;
    const std::uint64_t row = of_a ? row0 + at.row : column0 + at.row - T::kM;
    const bool inside = k < s.k && row < (of_a ? s.m : s.n);
    const std::int8_t* base = of_a ? s.a : s.b;
    const std::int8_t* from = inside ? base + row * (of_a ? s.lda : s.ldb) + k : base;
    copy_async(stage + wgmma_chunk_offset(at.row, at.chunk), from, inside);
  }
}

__device__ __forceinline__ void multiply_stage(std::uint32_t stage, std::int32_t (&d)[2][64]) {
  const std::uint32_t a = stage + threadIdx.x / 128 * 64 * T::kSliceBytes;
  const std::uint32_t b = stage + T::kM * T::kSliceBytes;
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#pragma unroll
  for (unsigned k = 0; k < T::kSliceBytes; k += kProductK) {
#pragma unroll
    for (unsigned half = 0; half < 2; ++half) {
      const std::uint32_t columns = b + half * T::kColumns * T::kSliceBytes;
      warpgroup_product(d[half], wgmma_descriptor(a + k), wgmma_descriptor(columns + k));
    }
  }
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

template <unsigned kPending>
__device__ __forceinline__ void wait_for_products(std::int32_t (&d)[2][64]) {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
#pragma unroll
  for (unsigned i = 0; i < 128; ++i) asm volatile("" : "+r"(d[i / 64][i % 64])::"memory");
}

#endif

__global__ void __launch_bounds__(T::kThreads, 1) igemm8_wgmma(const Igemm8Shape s) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
  extern __shared__ std::uint8_t shared[];
  const std::uint32_t stages =
      (shared_address(shared) + T::kAlignment - 1) / T::kAlignment * T::kAlignment;
  const TilePlace tile = tile_of_block(blockIdx.x, s.tiles_down, s.tiles_across);
  const std::uint64_t row0 = tile.down * T::kM, column0 = tile.across * T::kN;
  const auto slices = static_cast<unsigned>((s.k + T::kSliceBytes - 1) / T::kSliceBytes);
  std::int32_t d[2][64] = {};
  // Two slices ahead: a stage is filled again only after the products of two slices before are done
  // in both warpgroups.
  constexpr unsigned kAhead = T::kStages - 2;
#pragma unroll
  for (unsigned i = 0; i < kAhead; ++i) {
    if (i < slices) {
      copy_slice(s, row0, column0, std::uint64_t{i} * T::kSliceBytes, stages + i * T::kStageBytes);
    }
    commit_copies();
  }
  for (unsigned i = 0; i < slices; ++i) {
    wait_for_copies<kAhead - 1>();
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");  // before wgmma reads the copies
    __syncthreads();
    if (i + kAhead < slices) {
      copy_slice(s, row0, column0, std::uint64_t{i + kAhead} * T::kSliceBytes,
                 stages + (i + kAhead) % T::kStages * T::kStageBytes);
    }
    commit_copies();
    multiply_stage(stages + i % T::kStages * T::kStageBytes, d);
    wait_for_products<1>(d);
  }
  wait_for_products<0>(d);

  const unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32;
#pragma unroll
  for (unsigned half = 0; half < 2; ++half) {
#pragma unroll
    for (unsigned i = 0; i < 64; ++i) {
      const Element at = element_of_d(lane, i % 4);
      const std::uint64_t row = row0 + warp * 16 + at.row;
      const std::uint64_t column = column0 + half * T::kColumns + i / 4 * 8 + at.column;
      if (row < s.m && column < s.n) s.d[row * s.ldd + column] = d[half][i];
    }
  }
#endif
}

}  // namespace

// Enqueues on `stream`; the caller synchronises.
cudaError_t launch_igemm8_wgmma(const Igemm8Args& args, cudaStream_t stream) {
  return launch_tiles<WgmmaTiling>(igemm8_wgmma, args, stream);
}

}  // namespace assay::compute::cuda
