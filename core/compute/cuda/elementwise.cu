// elementwise: out[i] = op(x[i], y[i], z[i]), f32, rounded to nearest even, NaN canonical
//   x, y, z, out (count) f32, device memory
// Defined by core/compute/rx1/ (float_ops.h, elementary.h, row_math.h), compiled for the host. This
// file is the same functions, so equal bit for bit.
#include "core/compute/cuda/context.h"
#include "core/compute/cuda/elementwise_device.h"

namespace assay::compute::cuda {
namespace {

constexpr unsigned kThreads = 256;

__global__ void __launch_bounds__(kThreads) elementwise(const ElementwiseArgs args) {
  const auto* x = reinterpret_cast<const float*>(args.x);
  const auto* y = reinterpret_cast<const float*>(args.y);
  const auto* z = reinterpret_cast<const float*>(args.z);
  const std::uint64_t stride = std::uint64_t{gridDim.x} * kThreads;
  for (std::uint64_t i = std::uint64_t{blockIdx.x} * kThreads + threadIdx.x; i < args.count;
       i += stride) {
    reinterpret_cast<float*>(args.out)[i] =
        elementwise_value(args.op, x[i], y == nullptr ? 0.0F : y[i], z == nullptr ? 0.0F : z[i]);
  }
}

}  // namespace

// Enqueues on the work stream; the caller synchronises.
cudaError_t launch_elementwise(Context& context, const ElementwiseArgs& args) {
  constexpr std::uint64_t kBlocksMax = 1 << 16;
  if (args.count == 0) return cudaSuccess;
  const std::uint64_t blocks = (args.count + kThreads - 1) / kThreads;
  elementwise<<<static_cast<unsigned>(blocks < kBlocksMax ? blocks : kBlocksMax), kThreads, 0,
                context.work>>>(args);
  return cudaGetLastError();
}

}  // namespace assay::compute::cuda
