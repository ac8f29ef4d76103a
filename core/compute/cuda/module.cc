#include "core/compute/cuda/module.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>

namespace assay::compute::cuda {
namespace {

constexpr const char* kFileName = "libassay_cuda.so";

std::string loader_error() {
  const char* text = dlerror();
  return text == nullptr ? "unknown error" : text;
}

}  // namespace

std::string default_module_path() {
  const char* named = std::getenv("ASSAY_CUDA_MODULE");
  if (named != nullptr && *named != '\0') return named;
  std::error_code failed;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (failed) return std::string("./") + kFileName;
  const std::filesystem::path beside = program.parent_path() / kFileName;
  // Where a package puts it: programs in /usr/bin, the module in /usr/lib/assay.
  const std::filesystem::path installed = program.parent_path() / "../lib/assay" / kFileName;
  if (!std::filesystem::exists(beside, failed) && std::filesystem::exists(installed, failed)) {
    return installed.lexically_normal().string();
  }
  return beside.string();
}

Result<std::shared_ptr<const Module>> Module::load(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return fail(Code::not_found, "CUDA module: there is no " + path +
                                     ": build it where nvcc is installed, or set "
                                     "ASSAY_CUDA_MODULE");
  }
  // Never unloaded: the CUDA runtime inside does not bear it.
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) return fail(Code::not_found, "CUDA module: " + loader_error());
  const auto entry = reinterpret_cast<ModuleEntry>(dlsym(library, kEntryName));
  if (entry == nullptr) {
    return fail(Code::conflict, "CUDA module: " + path + " has no " + kEntryName +
                                    ": it is not a module of this program, or of another version");
  }
  const ModuleTable* table = entry();
  if (table == nullptr || table->abi != kAbiVersion || table->size_bytes != sizeof(ModuleTable)) {
    const std::string found = table == nullptr ? "none" : std::to_string(table->abi);
    return fail(Code::conflict, "CUDA module: " + path + " has version " + found +
                                    " of the table where this program needs " +
                                    std::to_string(kAbiVersion) + ": build both anew, together");
  }
  return std::shared_ptr<const Module>(new Module(table));
}

Result<std::vector<DeviceInfo>> Module::devices() const {
  Failure failure{};
  std::uint32_t count = 0;
  if (table_->device_count(&count, &failure) != kModuleOk) {
    return fail(Code::not_found, std::string("CUDA driver: ") + failure.text +
                                     ": is the NVIDIA driver installed and loaded?");
  }
  if (count == 0) return fail(Code::not_found, "CUDA driver: it shows no GPU");
  std::vector<DeviceInfo> out(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (table_->device_info(i, &out[i], &failure) == kModuleOk) continue;
    return fail(Code::inconclusive, "CUDA device " + std::to_string(i) + ": " + failure.text);
  }
  return out;
}

}  // namespace assay::compute::cuda
