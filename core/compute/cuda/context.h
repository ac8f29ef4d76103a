// What the module keeps about an open device. Internal to the module; one thread at a time.
#pragma once

#include <cuda_runtime.h>

#include <cstdio>

#include "core/compute/cuda/module_abi.h"
#include "core/compute/cuda/state_leaves.h"

namespace assay::compute::cuda {

// cuBLASLt, loaded at run time; null where it is not installed.
struct CublasLt;

struct Context {
  int device = 0;
  unsigned compute = 0;  // 10 * major + minor
  unsigned multiprocessors = 0;
  bool has_kernel[6] = {};  // by Igemm8Kernel
  cudaStream_t work = nullptr;
  cudaStream_t hashing = nullptr;
  cudaEvent_t work_ready = nullptr;
  cudaEvent_t hash_done = nullptr;
  cudaEvent_t marks[2] = {};
  Sha256Words* nodes[2] = {};  // two levels of the tree being hashed
  std::uint64_t nodes_max = 0;
  Sha256Words* root = nullptr;  // host, page-locked
  float* sums[2] = {};          // of segments, for R128
  std::uint64_t sums_max = 0;
  CublasLt* cublas = nullptr;
};

// kModuleOk, or what `error` means, with "what: the driver's words" in `failure`. Clears the error.
std::int32_t status_of(cudaError_t error, const char* what, Failure* failure);
std::int32_t unsupported(const char* text, Failure* failure);

// The launchers: each enqueues on a stream of the context, and returns what the launch said.
cudaError_t launch_pack_rows(Context&, DevicePtr from, DevicePtr to, std::uint64_t rows,
                             std::uint64_t cols, std::uint64_t ld);
cudaError_t launch_philox_s8(Context&, const PhiloxArgs&);
cudaError_t launch_requantize(Context&, const RequantizeArgs&);
cudaError_t launch_quantize(Context&, const QuantizeArgs&);
cudaError_t launch_elementwise(Context&, const ElementwiseArgs&);
cudaError_t launch_r128(Context&, DevicePtr x, std::uint64_t count, bool squares, DevicePtr out);
cudaError_t launch_split_rows(Context&, const SplitArgs&);
cudaError_t launch_dequantize(Context&, const DequantizeArgs&);
cudaError_t launch_rms_norm(Context&, const RmsNormArgs&);
cudaError_t launch_embed(Context&, const EmbedArgs&);
cudaError_t launch_rotate(Context&, const RotateArgs&);
cudaError_t launch_attention(Context&, const AttentionArgs&);
cudaError_t launch_render(Context&, const RenderArgs&);
cudaError_t launch_lattice(Context&, const LatticeArgs&);
cudaError_t launch_bodies(Context&, const BodiesArgs&);
cudaError_t launch_move(Context&, const MoveArgs&);
cudaError_t launch_small_gemm(Context&, const SmallGemmArgs&);
cudaError_t launch_train_rows(Context&, const TrainRowsArgs&);
cudaError_t launch_train_cells(Context&, const TrainCellsArgs&);
cudaError_t launch_segment_sums(Context&, const SegmentSumsArgs&);
// On the hashing stream. Grows the context's nodes when needed.
cudaError_t launch_state_tree(Context&, const StateTensors&);

// Which kernels this device can run correctly: by its generation, then by multiplying.
std::int32_t find_igemm8_kernels(Context&, Failure* failure);
std::int32_t run_igemm8(Context&, const Igemm8Args&, Failure* failure);

// Null when libcublasLt is missing or refuses.
CublasLt* open_cublas();
void close_cublas(CublasLt*);
// Whether cuBLASLt did it; false leaves d as it was (a shape it has no kernel for).
bool cublas_igemm8(CublasLt&, const Igemm8Args&, cudaStream_t stream);

}  // namespace assay::compute::cuda
