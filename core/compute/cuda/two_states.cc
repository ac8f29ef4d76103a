#include "core/compute/cuda/two_states.h"

namespace assay::compute::cuda {

Result<TwoStates> TwoStates::make(const Device& device, DType dtype,
                                  std::initializer_list<std::uint64_t> dims) {
  TwoStates out(device);
  out.header_ = hash_tensor(dtype, dims, 0);
  for (Buffer& side : out.side_) {
    Result<Buffer> got = device.allocate(out.header_.bytes);
    if (!got.ok()) return got.error();
    side = std::move(got).value();
  }
  return out;
}

Status TwoStates::load(const void* host) {
  current_ = 0;
  hashed_ = -1;
  const Status status =
      device_->call(&ModuleTable::upload, side_[0].at(), host, std::uint64_t{header_.bytes});
  return status.ok() ? device_->call(&ModuleTable::synchronize) : status;
}

Status TwoStates::store(void* host) const {
  return device_->call(&ModuleTable::download, host, before(), std::uint64_t{header_.bytes});
}

Result<DevicePtr> TwoStates::after() {
  const int next = 1 - current_;
  if (hashed_ == next) {
    const Status joined = device_->call(&ModuleTable::hash_join);
    if (!joined.ok()) return joined.error();
    hashed_ = -1;
  }
  return side_[next].at();
}

Status TwoStates::begin_digest() {
  HashTensor tensor = header_;
  tensor.data = before();
  hashed_ = current_;
  return device_->call(&ModuleTable::hash_begin, &tensor, std::uint32_t{1});
}

Result<Digest> TwoStates::end_digest() {
  Digest root;
  const Status status = device_->call(&ModuleTable::hash_end, root.bytes.data());
  if (!status.ok()) return status.error();
  return root;
}

}  // namespace assay::compute::cuda
