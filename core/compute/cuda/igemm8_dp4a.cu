// igemm8_dp4a: d[m,n] = sum over k of a[m,k] * b[n,k] by dp4a, for devices older than sm_80
//   a (M,K) s8, b (N,K) s8, d (M,N) s32, device memory, row-major
// Defined by core/compute/cpu/igemm8_scalar.cc. This file equals it bit for bit.
//
// A block of 16x16 threads computes 64x64 of D from K-slices of 64 bytes; thread (x, y) has the
// rows y, y+16, … and the columns x, x+16, …. Rows of shared memory are one word longer than a
// slice, so that neighbouring rows begin in neighbouring banks.
#include "core/compute/cuda/igemm8_launch.h"

namespace assay::compute::cuda {
namespace {

constexpr unsigned kSide = 64, kWords = 16, kEach = 4, kAcross = 16;

__device__ __forceinline__ void copy_rows(const std::int8_t* from, std::uint64_t row0,
                                          std::uint64_t rows, std::uint64_t ld, std::uint64_t k0,
                                          std::uint64_t k_size, int (&to)[kSide][kWords + 1]) {
  const unsigned thread = threadIdx.y * kAcross + threadIdx.x;
  for (unsigned i = thread; i < kSide * kWords; i += kAcross * kAcross) {
    const std::uint64_t row = row0 + i / kWords, k = k0 + i % kWords * 4;
    int word = 0;
    if (row < rows && k < k_size) word = *reinterpret_cast<const int*>(from + row * ld + k);
    to[i / kWords][i % kWords] = word;
  }
}

__global__ void __launch_bounds__(kAcross* kAcross) igemm8_dp4a(const Igemm8Args s) {
  __shared__ int a[kSide][kWords + 1], b[kSide][kWords + 1];
  const std::uint64_t row0 = std::uint64_t{blockIdx.y} * kSide;
  const std::uint64_t column0 = std::uint64_t{blockIdx.x} * kSide;
  int sums[kEach][kEach] = {};
  for (std::uint64_t k0 = 0; k0 < s.k; k0 += kWords * 4) {
    copy_rows(reinterpret_cast<const std::int8_t*>(s.a), row0, s.m, s.lda, k0, s.k, a);
    copy_rows(reinterpret_cast<const std::int8_t*>(s.b), column0, s.n, s.ldb, k0, s.k, b);
    __syncthreads();
#pragma unroll 4
    for (unsigned k = 0; k < kWords; ++k) {
#pragma unroll
      for (unsigned i = 0; i < kEach; ++i) {
#pragma unroll
        for (unsigned j = 0; j < kEach; ++j) {
          sums[i][j] =
              __dp4a(a[threadIdx.y + i * kAcross][k], b[threadIdx.x + j * kAcross][k], sums[i][j]);
        }
      }
    }
    __syncthreads();
  }
  for (unsigned i = 0; i < kEach; ++i) {
    for (unsigned j = 0; j < kEach; ++j) {
      const std::uint64_t row = row0 + threadIdx.y + i * kAcross;
      const std::uint64_t column = column0 + threadIdx.x + j * kAcross;
      if (row < s.m && column < s.n) {
        reinterpret_cast<std::int32_t*>(s.d)[row * s.ldd + column] = sums[i][j];
      }
    }
  }
}

}  // namespace

// Enqueues on `stream`; the caller synchronises. At most 65535 * 64 rows.
cudaError_t launch_igemm8_dp4a(const Igemm8Args& args, cudaStream_t stream) {
  const dim3 blocks(static_cast<unsigned>((args.n + kSide - 1) / kSide),
                    static_cast<unsigned>((args.m + kSide - 1) / kSide));
  igemm8_dp4a<<<blocks, dim3(kAcross, kAcross), 0, stream>>>(args);
  return cudaGetLastError();
}

}  // namespace assay::compute::cuda
