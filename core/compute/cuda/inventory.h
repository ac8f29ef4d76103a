// The NVIDIA GPUs of this machine as its driver lists them: NVML, loaded at run time. A claim, for
// people and for the attestation's device list; nothing is proven by it. Any thread.
#pragma once

#include "core/wire/provider.h"

namespace assay::compute::cuda {

// In NVML's order: uuid ("GPU-…"), model, driver version and memory of each.
//   not_found    `library` is not installed, or lists no GPU
//   inconclusive NVML failed: what it said, and of which GPU
Result<std::vector<wire::Device>> gpu_inventory(const std::string& library = "libnvidia-ml.so.1");

}  // namespace assay::compute::cuda
