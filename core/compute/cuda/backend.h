// A program whose steps run on a GPU: the same interface, the same bits. What the device cannot run
// runs on the CPU, and so do rows: they are how a device is checked. A device that fails makes that
// call `inconclusive`; nothing falls back silently in the middle of a job.
#pragma once

#include "core/compute/cuda/gemm_chain.h"
#include "core/compute/program.h"

namespace assay::compute::cuda {

// Const methods may run on several threads: they take turns on the device. `program` is the same
// job on the CPU, and may be used beside it.
//   inconclusive the device lacks the memory, or failed
Result<std::unique_ptr<Program>> on_device(std::shared_ptr<const Program> program,
                                           std::shared_ptr<const Device> device);

// "cuda/sm_90": how attestations and verdicts name what computed.
std::string backend_name(const Device& device);

// The chain of a gemm program: job.gemm and job.tensors are there, and outlive what is made of it.
GemmWork gemm_work(const DeviceJob& job);

enum class Backend { automatic, cpu, cuda };
//   usage        not one of auto, cpu, cuda
Result<Backend> parse_backend(std::string_view name);

// The first device of the module at `module_path` for `cuda`; null for `cpu`; for `automatic` the
// device where there is one, else null. `why` says in one line what was chosen and, where it is the
// CPU, what is missing: the module, the driver or the GPU.
struct ChosenDevice {
  std::shared_ptr<const Device> device;  // null: the CPU
  std::string why;
};
//   not_found, conflict, inconclusive   `cuda` was asked for and cannot be had
Result<ChosenDevice> choose_device(Backend backend, const std::string& module_path);

}  // namespace assay::compute::cuda
