#include "core/compute/cuda/device.h"

#include <utility>

namespace assay::compute::cuda {

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(device_, other.device_);
  std::swap(at_, other.at_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Buffer::~Buffer() {
  if (device_ != nullptr) device_->module_->table().release(device_->context_, at_);
}

Result<std::unique_ptr<Device>> Device::open(std::shared_ptr<const Module> module,
                                             std::uint32_t index) {
  const Result<std::vector<DeviceInfo>> devices = module->devices();
  if (!devices.ok()) return devices.error();
  if (index >= devices.value().size()) {
    return fail(Code::not_found, "CUDA device " + std::to_string(index) + ": there are " +
                                     std::to_string(devices.value().size()));
  }
  std::unique_ptr<Device> device(new Device(std::move(module), index, devices.value()[index]));
  Failure failure{};
  if (device->module_->table().open(index, &device->context_, &failure) != kModuleOk) {
    return device->error(failure);
  }
  return device;
}

Device::~Device() {
  if (context_ != nullptr) module_->table().close(context_);
}

Error Device::error(const Failure& failure) const {
  return fail(Code::inconclusive,
              "CUDA device " + std::to_string(index_) + " (" + info_.name + "): " + failure.text);
}

Result<Buffer> Device::allocate(std::uint64_t bytes) const {
  Buffer out;
  const Status got = call(&ModuleTable::allocate, bytes, &out.at_);
  if (!got.ok()) return got.error().in(std::to_string(bytes) + " bytes");
  out.device_ = this;
  out.bytes_ = bytes;
  return out;
}

Result<Buffer> Device::allocate_copy(const void* host, std::uint64_t bytes) const {
  // Device memory of no bytes does not exist, and an empty array is never read.
  Result<Buffer> out = allocate(bytes == 0 ? 1 : bytes);
  if (!out.ok() || bytes == 0) return out;
  const Status copied = call(&ModuleTable::upload, out.value().at(), host, bytes);
  if (!copied.ok()) return copied.error();
  return out;
}

Status Device::grow(Buffer& buffer, std::uint64_t bytes) const {
  if (buffer.bytes() >= bytes) return {};
  buffer = Buffer();  // before there are two
  Result<Buffer> got = allocate(bytes);
  if (!got.ok()) return got.error();
  buffer = std::move(got).value();
  return {};
}

}  // namespace assay::compute::cuda
