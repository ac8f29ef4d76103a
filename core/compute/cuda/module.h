// Finds and loads the CUDA module, the only code of Assay that knows CUDA. The program runs where
// the module, the driver or the GPU is missing: these functions then say which one. A Module is
// immutable; any thread. It stays loaded until the program ends.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/compute/cuda/module_abi.h"

namespace assay::compute::cuda {

// libassay_cuda.so beside the running program; ASSAY_CUDA_MODULE names another file.
std::string default_module_path();

class Module {
 public:
  //   not_found    there is no such file, or it cannot be loaded: says what the loader said
  //   conflict     not a module, or one for another version of the table: build both anew
  static Result<std::shared_ptr<const Module>> load(const std::string& path);

  const ModuleTable& table() const { return *table_; }

  // Every device that CUDA shows, in its order.
  //   not_found    no driver, or no device: says which
  //   inconclusive the driver failed
  Result<std::vector<DeviceInfo>> devices() const;

 private:
  explicit Module(const ModuleTable* table) : table_(table) {}

  const ModuleTable* table_;
};

}  // namespace assay::compute::cuda
