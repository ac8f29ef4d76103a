// igemm8_tiles: d[m,n] = sum over k of a[m,k] * b[n,k]
//   a (M,K) s8, b (N,K) s8, d (M,N) s32, device memory, row-major
// Defined by core/compute/cpu/igemm8_scalar.cc. This file equals it bit for bit: the products are
// exact integers, so neither tiles nor order can matter. Internal to the module's igemm8 files.
#pragma once

#include <cstdint>

#include "core/compute/cuda/igemm8_layout.h"

namespace assay::compute::cuda {

struct Igemm8Shape {
  const std::int8_t *a, *b;
  std::int32_t* d;
  std::uint64_t m, n, k, lda, ldb, ldd;
  std::uint64_t tiles_down, tiles_across;
};

namespace {

__device__ __forceinline__ std::uint32_t shared_address(const void* p) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(p));
}

// 16 bytes to shared memory without passing through registers; zeros when not `wanted`.
__device__ __forceinline__ void copy_async(std::uint32_t to, const void* from, bool wanted) {
#if __CUDA_ARCH__ >= 800  // older devices never run the kernel
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from),
               "r"(wanted ? 16 : 0)
               : "memory");
#endif
}
__device__ __forceinline__ void commit_copies() {
#if __CUDA_ARCH__ >= 800  // older devices never run the kernel
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}
template <unsigned kPending>
__device__ __forceinline__ void wait_for_copies() {
#if __CUDA_ARCH__ >= 800  // older devices never run the kernel
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
#endif
}

__device__ __forceinline__ void load_matrices(std::uint32_t (&to)[4], std::uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(address)
               : "memory");
}

// One K-slice from global to shared memory; rows beyond M or N and chunks beyond K become zeros.
template <class T>
__device__ __forceinline__ void copy_slice(const Igemm8Shape& s, std::uint64_t row0,
                                           std::uint64_t column0, std::uint64_t k0,
                                           std::uint32_t stage) {
#pragma unroll
  for (unsigned i = 0; i < T::kCopies; ++i) {
    const ChunkPlace at = copied_chunk(threadIdx.x, i, T::kThreads);
    const std::uint64_t k = k0 + at.chunk * kChunkK;
    const bool of_a = at.row < T::kM;
    const std::uint64_t row = of_a ? row0 + at.row : column0 + at.row - T::kM;
    const bool inside = k < s.k && row < (of_a ? s.m : s.n);
    const std::int8_t* base = of_a ? s.a : s.b;
    const std::int8_t* from = inside ? base + row * (of_a ? s.lda : s.ldb) + k : base;
    copy_async(stage + chunk_offset(at.row, at.chunk), from, inside);
  }
}

template <class T, class Math>
__device__ __forceinline__ void multiply_slice(std::uint32_t stage, Element corner, Math& math) {
  const unsigned lane = threadIdx.x % 32;
  const ChunkPlace of_a = loaded_chunk_a(lane), of_b = loaded_chunk_b(lane);
#pragma unroll
  for (unsigned k = 0; k < kSliceK / kProductK; ++k) {
    std::uint32_t a[T::kWarpM / 16][4], b[T::kWarpN / 16][4];
#pragma unroll
    for (unsigned i = 0; i < T::kWarpM / 16; ++i) {
      const unsigned row = corner.row + i * 16 + of_a.row;
      load_matrices(a[i], stage + chunk_offset(row, k * 2 + of_a.chunk));
    }
#pragma unroll
    for (unsigned j = 0; j < T::kWarpN / 16; ++j) {
      const unsigned row = T::kM + corner.column + j * 16 + of_b.row;
      load_matrices(b[j], stage + chunk_offset(row, k * 2 + of_b.chunk));
    }
#pragma unroll
    for (unsigned i = 0; i < T::kWarpM / 16; ++i) {
#pragma unroll
      for (unsigned j = 0; j < T::kWarpN / 8; ++j) math.product(i, j, a[i], &b[j / 2][j % 2 * 2]);
    }
  }
}

template <class T, class Math>
__global__ void __launch_bounds__(T::kThreads, 1) igemm8_tiles(const Igemm8Shape s) {
  extern __shared__ __align__(128) std::uint8_t shared[];
  const std::uint32_t stages = shared_address(shared);
  const TilePlace tile = tile_of_block(blockIdx.x, s.tiles_down, s.tiles_across);
  const std::uint64_t row0 = tile.down * T::kM, column0 = tile.across * T::kN;
  const Element corner = warp_corner<T>(threadIdx.x / 32);
  const auto slices = static_cast<unsigned>((s.k + kSliceK - 1) / kSliceK);

#pragma unroll
  for (unsigned i = 0; i < T::kStages - 1; ++i) {
    if (i < slices) {
      copy_slice<T>(s, row0, column0, std::uint64_t{i} * kSliceK, stages + i * T::kStageBytes);
    }
    commit_copies();
  }
  Math math;
  for (unsigned i = 0; i < slices; ++i) {
    wait_for_copies<T::kStages - 2>();
    __syncthreads();  // slice i is here, and nobody reads slice i - 1 any more
    const unsigned next = i + T::kStages - 1;
    if (next < slices) {
      copy_slice<T>(s, row0, column0, std::uint64_t{next} * kSliceK,
                    stages + next % T::kStages * T::kStageBytes);
    }
    commit_copies();
    multiply_slice<T>(stages + i % T::kStages * T::kStageBytes, corner, math);
    math.after_slice(i);
  }
  math.finish();

  const unsigned lane = threadIdx.x % 32;
#pragma unroll
  for (unsigned i = 0; i < T::kWarpM / 16; ++i) {
#pragma unroll
    for (unsigned j = 0; j < T::kWarpN / 8; ++j) {
#pragma unroll
      for (unsigned e = 0; e < 4; ++e) {
        const Element at = element_of_d(lane, e);
        const std::uint64_t row = row0 + corner.row + i * 16 + at.row;
        const std::uint64_t column = column0 + corner.column + j * 8 + at.column;
        if (row < s.m && column < s.n) s.d[row * s.ldd + column] = math.sum(i, j, e);
      }
    }
  }
}

}  // namespace
}  // namespace assay::compute::cuda
