#include "core/compute/cuda/inventory.h"

#include <dlfcn.h>

#include <array>

namespace assay::compute::cuda {
namespace {

// The few declarations of nvml.h that are used; NVML keeps its ABI under these names.
using NvmlDevice = void*;
struct NvmlMemory {
  unsigned long long total, free, used;
};
constexpr int kSuccess = 0;
constexpr unsigned kTextBytes = 96;

struct Nvml {
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  const char* (*error_string)(int) = nullptr;
  int (*driver_version)(char*, unsigned) = nullptr;
  int (*device_count)(unsigned*) = nullptr;
  int (*device_by_index)(unsigned, NvmlDevice*) = nullptr;
  int (*device_name)(NvmlDevice, char*, unsigned) = nullptr;
  int (*device_uuid)(NvmlDevice, char*, unsigned) = nullptr;
  int (*device_memory)(NvmlDevice, NvmlMemory*) = nullptr;
};

struct CloseLibrary {
  void operator()(void* library) const { dlclose(library); }
};
using Library = std::unique_ptr<void, CloseLibrary>;

template <class Function>
bool find(const Library& library, const char* name, Function& to) {
  to = reinterpret_cast<Function>(dlsym(library.get(), name));
  return to != nullptr;
}

bool find_all(const Library& library, Nvml& nvml) {
  return find(library, "nvmlInit_v2", nvml.init) && find(library, "nvmlShutdown", nvml.shutdown) &&
         find(library, "nvmlErrorString", nvml.error_string) &&
         find(library, "nvmlSystemGetDriverVersion", nvml.driver_version) &&
         find(library, "nvmlDeviceGetCount_v2", nvml.device_count) &&
         find(library, "nvmlDeviceGetHandleByIndex_v2", nvml.device_by_index) &&
         find(library, "nvmlDeviceGetName", nvml.device_name) &&
         find(library, "nvmlDeviceGetUUID", nvml.device_uuid) &&
         find(library, "nvmlDeviceGetMemoryInfo", nvml.device_memory);
}

struct Session {
  const Nvml& nvml;
  ~Session() { nvml.shutdown(); }
};

Error nvml_error(const Nvml& nvml, int status, const std::string& what) {
  const char* text = nvml.error_string(status);
  return fail(Code::inconclusive,
              "NVML: " + what + ": " + (text == nullptr ? std::to_string(status) : text));
}

Result<wire::Device> read_device(const Nvml& nvml, unsigned index) {
  const std::string what = "GPU " + std::to_string(index);
  NvmlDevice device = nullptr;
  NvmlMemory memory{};
  std::array<char, kTextBytes> name{}, uuid{}, driver{};
  int status = nvml.device_by_index(index, &device);
  if (status == kSuccess) status = nvml.device_name(device, name.data(), kTextBytes);
  if (status == kSuccess) status = nvml.device_uuid(device, uuid.data(), kTextBytes);
  if (status == kSuccess) status = nvml.device_memory(device, &memory);
  if (status == kSuccess) status = nvml.driver_version(driver.data(), kTextBytes);
  if (status != kSuccess) return nvml_error(nvml, status, what);
  name.back() = uuid.back() = driver.back() = '\0';  // whatever the driver wrote
  wire::Device out;
  out.uuid = uuid.data();
  out.model = name.data();
  out.driver = driver.data();
  out.memory_bytes = memory.total;
  return out;
}

}  // namespace

Result<std::vector<wire::Device>> gpu_inventory(const std::string& name) {
  const Library library(dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (library == nullptr) {
    return fail(Code::not_found, "NVML: there is no " + name + ": no NVIDIA driver is installed");
  }
  Nvml nvml;
  if (!find_all(library, nvml)) {
    return fail(Code::not_found, "NVML: " + name + " lacks a function that is needed");
  }
  const int started = nvml.init();
  if (started != kSuccess) return nvml_error(nvml, started, "starting");
  const Session session{nvml};
  unsigned count = 0;
  const int counted = nvml.device_count(&count);
  if (counted != kSuccess) return nvml_error(nvml, counted, "counting");
  if (count == 0) return fail(Code::not_found, "NVML: the driver lists no GPU");
  std::vector<wire::Device> out;
  for (unsigned i = 0; i < count; ++i) {
    Result<wire::Device> device = read_device(nvml, i);
    if (!device.ok()) return device.error();
    out.push_back(std::move(device).value());
  }
  return out;
}

}  // namespace assay::compute::cuda
