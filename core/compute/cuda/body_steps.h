// Bodies (core/compute/simulate/bodies_run.h) on one device: their masses stay there, and their
// state from step to step. One thread. Every error is `inconclusive`.
#pragma once

#include "core/compute/cuda/two_states.h"
#include "core/compute/simulate/bodies_run.h"

namespace assay::compute::cuda {

class BodySteps {
 public:
  // Borrows the device.
  static Result<std::unique_ptr<BodySteps>> open(const Device& device,
                                                 const simulate::Bodies& bodies);

  // A state, and its digest.
  TwoStates& state() { return state_; }

  // Enqueues one step.
  Status advance();

 private:
  BodySteps(const Device& device, TwoStates state) : device_(device), state_(std::move(state)) {}

  const Device& device_;
  TwoStates state_;
  BodiesArgs args_{};
  Buffer mass_, ticks_, sums_;
};

}  // namespace assay::compute::cuda
