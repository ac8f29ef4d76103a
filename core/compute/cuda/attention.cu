// attention: out (rows, heads, head_size) f32 from queries, and the cache's keys and values
//   shapes as in module_abi.h, device memory
// Defined by core/compute/rx1/attention.h. This file equals it bit for bit (attention_block.h).
//
// Blocks of positions follow each other within a block of threads, so a single row, as in decoding,
// keeps kv_heads * ceil(heads / kv_heads / kQueries) multiprocessors busy and no more.
#include "core/compute/cuda/attention_block.h"
#include "core/compute/cuda/context.h"

namespace assay::compute::cuda {
namespace {

__global__ void __launch_bounds__(kAttentionThreads, 3) attention(const AttentionArgs args) {
  __shared__ AttentionShared shared;
  const DeviceBlock<kAttentionThreads> block;
  attend(block, args, blockIdx.x, shared);
}

}  // namespace

// Enqueues on the work stream; the caller synchronises.
cudaError_t launch_attention(Context& context, const AttentionArgs& args) {
  if (args.rows == 0) return cudaSuccess;
  if (args.kv_heads == 0 || args.heads == 0 || args.heads % args.kv_heads != 0 ||
      args.head_size == 0 || args.head_size > kHeadMax) {
    return cudaErrorInvalidValue;
  }
  const std::uint64_t blocks = attention_blocks(args);
  if (blocks > INT32_MAX) return cudaErrorInvalidValue;  // the largest grid
  attention<<<static_cast<unsigned>(blocks), kAttentionThreads, 0, context.work>>>(args);
  return cudaGetLastError();
}

}  // namespace assay::compute::cuda
