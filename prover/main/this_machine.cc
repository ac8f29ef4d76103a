#include "prover/main/this_machine.h"

#include <fstream>
#include <string>

#include "core/compute/cuda/inventory.h"

namespace assay::prover {
namespace {

// The rest of the first line of a /proc file that begins with `key`.
std::string proc_value(const char* path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

std::uint64_t kib_value(const std::string& key) {
  return std::strtoull(proc_value("/proc/meminfo", key).c_str(), nullptr, 10) * 1024;
}

}  // namespace

std::vector<wire::Device> devices_of_this_machine(const PublicKey& provider) {
  std::string machine;
  std::ifstream("/etc/machine-id") >> machine;
  const Digest id = sha256({as_bytes("assay/device/v1\n"), provider.view(), as_bytes(machine)});
  wire::Device cpu;
  cpu.uuid = "cpu-" + id.hex().substr(0, 16);
  cpu.model = proc_value("/proc/cpuinfo", "model name");
  if (cpu.model.empty()) cpu.model = "CPU";
  cpu.memory_bytes = kib_value("MemTotal");
  return {cpu};
}

wire::Device gpu_of_this_machine(const compute::cuda::Device& device) {
  const compute::cuda::DeviceInfo& info = device.info();
  const Result<std::vector<wire::Device>> gpus = compute::cuda::gpu_inventory();
  if (gpus.ok()) {
    for (const wire::Device& gpu : gpus.value()) {
      if (gpu.uuid == info.uuid) return gpu;
    }
  }
  return {info.uuid, info.name, "", info.memory_bytes};
}

std::uint64_t free_memory_bytes() {
  return kib_value("MemAvailable");
}

}  // namespace assay::prover
