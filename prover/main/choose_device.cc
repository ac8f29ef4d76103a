#include "core/compute/cuda/inventory.h"
#include "prover/main/commands.h"

namespace assay::prover {
namespace {

// What NVML lists; a machine without it says so by the backend that is chosen.
void list_gpus(Console& console) {
  const Result<std::vector<wire::Device>> gpus = compute::cuda::gpu_inventory();
  if (!gpus.ok()) return;
  for (const wire::Device& gpu : gpus.value()) {
    console.say("gpu", gpu.model + ", " + std::to_string(gpu.memory_bytes >> 30) + " GiB, driver " +
                           gpu.driver + ", " + gpu.uuid);
  }
}

}  // namespace

Result<std::shared_ptr<const compute::cuda::Device>> choose_device(const EngineOptions& options,
                                                                   Console& console) {
  const Result<compute::cuda::Backend> backend = compute::cuda::parse_backend(options.backend);
  if (!backend.ok()) return backend.error().in("--backend");
  Result<compute::cuda::ChosenDevice> chosen = compute::cuda::choose_device(
      backend.value(),
      options.cuda_module.empty() ? compute::cuda::default_module_path() : options.cuda_module);
  if (!chosen.ok()) return chosen.error().in("--backend cuda");
  if (backend.value() != compute::cuda::Backend::cpu) list_gpus(console);
  console.say("backend", chosen.value().why);
  return std::move(chosen).value().device;
}

}  // namespace assay::prover
