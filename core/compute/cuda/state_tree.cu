// state_tree: the RFC 6962 root over the 1 KiB leaves of a state
//   tensors (host headers, device data), nodes (device), root (page-locked host memory)
// Defined by core/compute/tensor.cc state_digest(). This file equals it bit for bit.
#include "core/compute/cuda/context.h"

namespace assay::compute::cuda {
namespace {

constexpr unsigned kThreads = 128;

__global__ void __launch_bounds__(kThreads) hash_leaves(const __grid_constant__ StateTensors state,
                                                        std::uint64_t leaves, Sha256Words* out) {
  const std::uint64_t leaf = std::uint64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (leaf < leaves) out[leaf] = state_leaf_hash(state, leaf);
}

__global__ void __launch_bounds__(kThreads)
    hash_level(const Sha256Words* below, std::uint64_t count, Sha256Words* above) {
  const std::uint64_t index = std::uint64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (index < nodes_above(count)) above[index] = node_above(below, count, index);
}

unsigned blocks_for(std::uint64_t items) {
  return static_cast<unsigned>((items + kThreads - 1) / kThreads);
}

cudaError_t make_room(Context& context, std::uint64_t leaves) {
  if (leaves <= context.nodes_max) return cudaSuccess;
  for (Sha256Words*& level : context.nodes) {
    cudaFree(level);
    level = nullptr;
  }
  context.nodes_max = 0;
  for (Sha256Words*& level : context.nodes) {
    const cudaError_t got = cudaMalloc(&level, leaves * sizeof(Sha256Words));
    if (got != cudaSuccess) return got;
  }
  context.nodes_max = leaves;
  return cudaSuccess;
}

}  // namespace

// Enqueues on the hashing stream; hash_end() synchronises.
cudaError_t launch_state_tree(Context& context, const StateTensors& state) {
  std::uint64_t count = state_leaves(state);
  const cudaError_t room = make_room(context, count);
  if (room != cudaSuccess) return room;
  hash_leaves<<<blocks_for(count), kThreads, 0, context.hashing>>>(state, count, context.nodes[0]);
  unsigned from = 0;
  for (; count > 1; count = nodes_above(count), from ^= 1) {
    hash_level<<<blocks_for(nodes_above(count)), kThreads, 0, context.hashing>>>(
        context.nodes[from], count, context.nodes[from ^ 1]);
  }
  const cudaError_t launched = cudaGetLastError();
  if (launched != cudaSuccess) return launched;
  return cudaMemcpyAsync(context.root, context.nodes[from], sizeof(Sha256Words),
                         cudaMemcpyDeviceToHost, context.hashing);
}

}  // namespace assay::compute::cuda
