// The one tensor of a chain's state on a device, twice: a step reads one and writes the other,
// while a hash may still read either. One thread. Every error is `inconclusive`.
#pragma once

#include <initializer_list>

#include "core/compute/cuda/device.h"
#include "core/compute/cuda/state_hash.h"

namespace assay::compute::cuda {

class TwoStates {
 public:
  // Borrows the device.
  static Result<TwoStates> make(const Device& device, DType dtype,
                                std::initializer_list<std::uint64_t> dims);

  Status load(const void* host);
  // Waits.
  Status store(void* host) const;

  DevicePtr before() const { return side_[current_].at(); }
  // Where a step may write from now on: what hashes it comes first. It then becomes before().
  Result<DevicePtr> after();
  void turn() { current_ = 1 - current_; }

  // The digest of before() as it is now, beside what comes next. One at a time.
  Status begin_digest();
  Result<Digest> end_digest();

 private:
  explicit TwoStates(const Device& device) : device_(&device) {}

  const Device* device_;
  HashTensor header_{};
  Buffer side_[2];
  int current_ = 0;
  int hashed_ = -1;  // the side that a hash may still be reading
};

}  // namespace assay::compute::cuda
