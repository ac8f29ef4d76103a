// The launchers of the IGEMM8 kernels, and what they share. Internal to the module. Each enqueues
// on its stream and returns what the launch said; the caller synchronises.
#pragma once

#include <cuda_runtime.h>

#include "core/compute/cuda/module_abi.h"

namespace assay::compute::cuda {

struct Igemm8Shape;

cudaError_t launch_igemm8_mma(const Igemm8Args& args, unsigned multiprocessors,
                              cudaStream_t stream);
cudaError_t launch_igemm8_bf16(const Igemm8Args& args, cudaStream_t stream);
cudaError_t launch_igemm8_wgmma(const Igemm8Args& args, cudaStream_t stream);
cudaError_t launch_igemm8_dp4a(const Igemm8Args& args, cudaStream_t stream);

// The kernel over all tiles of D.
template <class T, class Shape>
cudaError_t launch_tiles(void (*kernel)(Shape), const Igemm8Args& args, cudaStream_t stream) {
  const Shape shape{reinterpret_cast<const std::int8_t*>(args.a),
                    reinterpret_cast<const std::int8_t*>(args.b),
                    reinterpret_cast<std::int32_t*>(args.d),
                    args.m,
                    args.n,
                    args.k,
                    args.lda,
                    args.ldb,
                    args.ldd,
                    (args.m + T::kM - 1) / T::kM,
                    (args.n + T::kN - 1) / T::kN};
  const cudaError_t allowed = cudaFuncSetAttribute(
      kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(T::kSharedBytes));
  if (allowed != cudaSuccess) return allowed;
  const auto blocks = static_cast<unsigned>(shape.tiles_down * shape.tiles_across);
  kernel<<<blocks, T::kThreads, T::kSharedBytes, stream>>>(shape);
  return cudaGetLastError();
}

}  // namespace assay::compute::cuda
