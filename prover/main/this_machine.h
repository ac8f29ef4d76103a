// What this machine says about itself. Claims for people; nothing is proven by them.
#pragma once

#include <vector>

#include "core/compute/cuda/device.h"
#include "core/wire/provider.h"

namespace assay::prover {

// The CPU as a device: its model and the memory there is. The uuid is a digest of the machine's id
// and the provider's key, so that it tells machines apart and reveals neither.
std::vector<wire::Device> devices_of_this_machine(const PublicKey& provider);

// A GPU that jobs run on, as NVML describes it, or CUDA where NVML is missing.
wire::Device gpu_of_this_machine(const compute::cuda::Device& device);

std::uint64_t free_memory_bytes();

}  // namespace assay::prover
