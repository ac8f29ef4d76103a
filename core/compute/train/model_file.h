// The result of a train job as a safetensors file. Pure; any thread.
#pragma once

#include <span>

#include "core/compute/train/layout.h"

namespace assay::compute::train {

// f32, the tensors of the layout in its order; the header is padded with spaces so that the data
// begins at a multiple of 64 bytes. "__metadata__" has "format" "pt" and "loss", the losses of the
// steps with four decimals (rounded down), separated by spaces; of more than 32768 every k-th, and
// "loss_every" says k. So a header never outgrows what a checkpoint's reader takes.
Bytes write_model(const std::vector<ParameterTensor>& layout, ByteView parameters,
                  std::span<const float> losses);

}  // namespace assay::compute::train
