// bodies: one step of n bodies, after (n / 64, 6, 64) s64 from before
//   shapes as in module_abi.h, device memory
// Defined by core/compute/simulate/bodies.h and bodies_run.cc. This file equals them bit for bit
// (body_pairs.h): the definition's own arithmetic of a pair, and sums of integers.
#include "core/compute/cuda/body_pairs.h"
#include "core/compute/cuda/context.h"

namespace assay::compute::cuda {
namespace {

constexpr unsigned kThreads = 128;

__global__ void __launch_bounds__(kThreads) drift_bodies(const BodiesArgs args) {
  const std::uint64_t body = std::uint64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (body < args.bodies) drift_body(args, body);
}

__device__ void add_to(std::int64_t* sum, std::int64_t impulse) {
  atomicAdd(reinterpret_cast<unsigned long long*>(sum), static_cast<unsigned long long>(impulse));
}

__global__ void __launch_bounds__(kThreads) pull_bodies(const BodiesArgs args) {
  const std::uint64_t body = std::uint64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (body >= args.bodies) return;
  const simulate::Impulse by = pull(args, body, part_begin(args.bodies, gridDim.y, blockIdx.y),
                                    part_begin(args.bodies, gridDim.y, blockIdx.y + 1));
  auto* sums = reinterpret_cast<std::int64_t*>(args.sums) + body;
  add_to(sums, by.x);
  add_to(sums + args.bodies, by.y);
  add_to(sums + 2 * args.bodies, by.z);
}

__global__ void __launch_bounds__(kThreads) kick_bodies(const BodiesArgs args) {
  const std::uint64_t body = std::uint64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (body < args.bodies) kick_body(args, body);
}

}  // namespace

// Enqueues on the work stream; the caller synchronises.
cudaError_t launch_bodies(Context& context, const BodiesArgs& args) {
  constexpr std::uint64_t kBodiesMax = 1 << 22, kBlocksOfEach = 16;
  if (args.bodies == 0 || args.bodies % kBodiesOfBlock != 0 || args.bodies > kBodiesMax) {
    return cudaErrorInvalidValue;
  }
  const auto across = static_cast<unsigned>((args.bodies + kThreads - 1) / kThreads);
  const auto parts = static_cast<unsigned>(
      pull_parts(args.bodies, kThreads, kBlocksOfEach * context.multiprocessors));
  drift_bodies<<<across, kThreads, 0, context.work>>>(args);
  pull_bodies<<<dim3(across, parts), kThreads, 0, context.work>>>(args);
  kick_bodies<<<across, kThreads, 0, context.work>>>(args);
  return cudaGetLastError();
}

}  // namespace assay::compute::cuda
