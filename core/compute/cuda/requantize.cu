// requantize_rows: y = mul(mul(f32(acc[m,n]), sa[m]), sb[n]); amax = max |y| over the row;
//                  q[m,n] = clamp(rne(mul(y, 127 / amax)), -127, 127); scale[m] = amax / 127
//   acc (M,N) s32, sb (N) f32, q (M,N) s8, scale (M) {bits, exponent}, device memory, row-major
// Defined by core/compute/cpu/requantize.cc. This file equals it bit for bit: the maximum is taken
// on the bits of |y| as integers, so its order cannot matter.
#include "core/compute/cuda/context.h"
#include "core/compute/cuda/requantize_device.h"

namespace assay::compute::cuda {
namespace {

constexpr unsigned kThreads = 256;

// The largest of the block's values, in every thread.
__device__ std::uint32_t block_max(std::uint32_t value) {
  __shared__ std::uint32_t of_warp[kThreads / 32];
  for (unsigned step = 16; step > 0; step /= 2) {
    value = max(value, __shfl_xor_sync(0xFFFFFFFF, value, step));
  }
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
  __syncthreads();
  for (unsigned i = 0; i < kThreads / 32; ++i) value = max(value, of_warp[i]);
  __syncthreads();  // before anybody writes of_warp again
  return value;
}

__global__ void __launch_bounds__(kThreads) requantize_rows(const RequantizeArgs r) {
  const auto* sb = reinterpret_cast<const float*>(r.sb);
  for (std::uint64_t row = blockIdx.x; row < r.rows; row += gridDim.x) {
    const auto* acc = reinterpret_cast<const std::int32_t*>(r.acc) + row * r.ldacc;
    auto* q = reinterpret_cast<std::int8_t*>(r.q) + row * r.ldq;
    const ScaleWords before = reinterpret_cast<const ScaleWords*>(r.scale_in)[row];
    const float sa = rx1::from_bits(before.bits);
    std::uint32_t most = 0;
    for (std::uint64_t n = threadIdx.x; n < r.cols; n += kThreads) {
      most = max(most, rx1::bits(epilogue_value(acc[n], sa, sb[n])) & rx1::kAbsMask);
    }
    const RowRule rule = row_rule(block_max(most), before.exponent);
    for (std::uint64_t n = threadIdx.x; n < r.cols; n += kThreads) {
      q[n] = s8_of(rx1::mul(epilogue_value(acc[n], sa, sb[n]), rule.inverse));
    }
    if (threadIdx.x == 0) reinterpret_cast<ScaleWords*>(r.scale_out)[row] = rule.scale;
  }
}

unsigned blocks_for(std::uint64_t rows) {
  constexpr std::uint64_t kBlocksMax = 1 << 20;
  return static_cast<unsigned>(rows < kBlocksMax ? rows : kBlocksMax);
}

}  // namespace

// Enqueues on the work stream; the caller synchronises.
cudaError_t launch_requantize(Context& context, const RequantizeArgs& args) {
  requantize_rows<<<blocks_for(args.rows), kThreads, 0, context.work>>>(args);
  return cudaGetLastError();
}

}  // namespace assay::compute::cuda
