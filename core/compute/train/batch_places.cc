#include "core/compute/train/train_data.h"

namespace assay::compute::train {
namespace {

constexpr std::uint32_t kTensorBatch = 0;

}  // namespace

std::vector<std::uint64_t> batch_places(PhiloxKey key, std::uint32_t step, std::uint32_t batch,
                                        std::uint64_t limit) {
  const PhiloxStream stream{key, kTensorBatch, step};
  std::vector<std::uint64_t> out(batch);
  for (std::uint32_t b = 0; b < batch; ++b) out[b] = stream.block(b)[0] * limit >> 32;
  return out;
}

}  // namespace assay::compute::train
