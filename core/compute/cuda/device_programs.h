// The programs of the workloads on a device: each overrides the steps that the device runs.
// Internal to backend.cc. Const methods may run on several threads: they take turns on the device.
#pragma once

#include "core/compute/cuda/device.h"
#include "core/compute/cuda/on_cpu.h"

namespace assay::compute::cuda {

// Made with the device locked; `program` has the DeviceJob of that workload.
//   inconclusive the device lacks the memory, or failed
using MakeDeviceProgram = Result<std::unique_ptr<Program>>(std::shared_ptr<const Program> program,
                                                           std::shared_ptr<const Device> device);
MakeDeviceProgram gemm_on_device, render_on_device, lattice_on_device, bodies_on_device,
    texts_on_device, train_on_device;

// A workload's steps on a device: what is made there goes while the device is locked.
template <class Work>
class OnDevice : public OnCpu {
 public:
  OnDevice(std::shared_ptr<const Program> program, std::shared_ptr<const Device> device,
           std::unique_ptr<Work> work)
      : OnCpu(std::move(program)), device_(std::move(device)), work_(std::move(work)) {}
  ~OnDevice() override {
    const auto turn = device_->lock();
    work_.reset();
  }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

 protected:
  const std::shared_ptr<const Device> device_;
  std::unique_ptr<Work> work_;
};

// A step whose result no honest run has may be a device's wrong bits, or the job's own numbers: the
// definition decides, and a device's word makes nothing malformed.
Error for_the_cpu_to_decide(const Error& error);

}  // namespace assay::compute::cuda
