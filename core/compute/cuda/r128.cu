// r128: out = sum of x[i], or of its squares, in the one order of RX-1; NaN canonical
//   x (count) f32, out one f32, device memory
// Defined by compute.md "R128". This file equals it bit for bit: the order is that of the lanes of
// a segment, then of the segments, whatever runs beside what.
#include "core/compute/cuda/context.h"
#include "core/compute/cuda/r128_layout.h"
#include "core/compute/rx1/float_ops.h"

namespace assay::compute::cuda {
namespace {

// One segment a block. `last`: the only segment there is, whose sum is the result.
__global__ void __launch_bounds__(kSegmentLanes)
    sum_segments(const float* x, std::uint64_t count, bool squares, bool last, float* out) {
  __shared__ float lanes[kSegmentLanes];
  const std::uint64_t end = segment_end(blockIdx.x, count);
  float lane = 0;
  for (std::uint64_t i = segment_begin(blockIdx.x) + threadIdx.x; i < end; i += kSegmentLanes) {
    lane = squares ? rx1::fma(x[i], x[i], lane) : rx1::add(lane, x[i]);
  }
  lanes[threadIdx.x] = lane;
  for (unsigned stride = kSegmentLanes / 2; stride > 0; stride /= 2) {
    __syncthreads();
    if (threadIdx.x < stride) {
      lanes[threadIdx.x] = rx1::add(lanes[threadIdx.x], lanes[threadIdx.x + stride]);
    }
  }
  if (threadIdx.x == 0) out[blockIdx.x] = last ? rx1::canonical(lanes[0]) : lanes[0];
}

cudaError_t make_room(Context& context, std::uint64_t segments) {
  if (segments <= context.sums_max) return cudaSuccess;
  for (float*& sums : context.sums) {
    cudaFree(sums);
    sums = nullptr;
  }
  context.sums_max = 0;
  for (float*& sums : context.sums) {
    const cudaError_t got = cudaMalloc(&sums, segments * sizeof(float));
    if (got != cudaSuccess) return got;
  }
  context.sums_max = segments;
  return cudaSuccess;
}

}  // namespace

// Enqueues on the work stream; the caller synchronises.
cudaError_t launch_r128(Context& context, DevicePtr x, std::uint64_t count, bool squares,
                        DevicePtr out) {
  const cudaError_t room = make_room(context, segments_of(count));
  if (room != cudaSuccess) return room;
  const float* from = reinterpret_cast<const float*>(x);
  unsigned spare = 0;
  for (; count > kSegmentElements; count = segments_of(count), squares = false, spare ^= 1) {
    sum_segments<<<static_cast<unsigned>(segments_of(count)), kSegmentLanes, 0, context.work>>>(
        from, count, squares, false, context.sums[spare]);
    from = context.sums[spare];
  }
  sum_segments<<<1, kSegmentLanes, 0, context.work>>>(from, count, squares, true,
                                                      reinterpret_cast<float*>(out));
  return cudaGetLastError();
}

}  // namespace assay::compute::cuda
