// One open GPU, behind the module's table. What the device or the driver does wrong comes back as
// `inconclusive`, with the device and the driver's words: it is never the provider's fault nor a
// reason to stop. Calls enqueue; see module_abi.h for what waits. One thread at a time: several
// users hold lock() from the first call of a piece of work to its last.
#pragma once

#include <mutex>

#include "core/compute/cuda/module.h"

namespace assay::compute::cuda {

class Device;

// Device memory. Owns it; the Device must outlive it.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  DevicePtr at() const { return at_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  friend class Device;
  const Device* device_ = nullptr;
  DevicePtr at_ = 0;
  std::uint64_t bytes_ = 0;
};

class Device {
 public:
  //   not_found    no such device (see Module::devices())
  //   inconclusive it cannot be opened, or multiplies wrongly in the self-test
  static Result<std::unique_ptr<Device>> open(std::shared_ptr<const Module> module,
                                              std::uint32_t index);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const DeviceInfo& info() const { return info_; }
  std::unique_lock<std::mutex> lock() const { return std::unique_lock(mutex_); }

  // Everything below: `inconclusive` as said above.
  Result<Buffer> allocate(std::uint64_t bytes) const;
  // The same with contents.
  Result<Buffer> allocate_copy(const void* host, std::uint64_t bytes) const;
  // Makes a buffer at least that large, without its contents where it grows.
  Status grow(Buffer& buffer, std::uint64_t bytes) const;

  // device.call(&ModuleTable::igemm8, &args): one entry of the table on this device.
  template <class... Parameters, class... Arguments>
  Status call(std::int32_t (*ModuleTable::*entry)(Context*, Parameters...),
              Arguments... arguments) const {
    Failure failure{};
    const std::int32_t status = (module_->table().*entry)(context_, arguments..., &failure);
    return status == kModuleOk ? Status() : Status(error(failure));
  }

 private:
  friend class Buffer;
  Device(std::shared_ptr<const Module> module, std::uint32_t index, const DeviceInfo& info)
      : module_(std::move(module)), index_(index), info_(info) {}
  Error error(const Failure& failure) const;

  std::shared_ptr<const Module> module_;
  std::uint32_t index_;
  DeviceInfo info_;
  Context* context_ = nullptr;
  mutable std::mutex mutex_;  // guards the context
};

}  // namespace assay::compute::cuda
