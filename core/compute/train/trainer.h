// What computes the steps of a train job: the CPU (model.h, optimiser.h), or its twin on a device.
// One thread; for one step at a time.
#pragma once

#include "core/compute/program.h"
#include "core/compute/train/optimiser.h"
#include "core/compute/train/train_data.h"

namespace assay::compute::train {

class Trainer {
 public:
  virtual ~Trainer() = default;

  // The loss of step s at these parameters (P f32 as bytes), and the gradient, which is kept.
  //   inconclusive a device failed; so of all
  virtual Result<float> gradient(std::uint32_t step, ByteView parameters, const Engine& engine) = 0;
  // The sum of the gradient's squares (R128).
  virtual Result<float> square(const Engine& engine) = 0;
  // update() of optimiser.h with that gradient.
  virtual Status move(std::uint32_t step, float square, const Moved& state,
                      const Engine& engine) = 0;
};

// A train job to those who bring a trainer of their own (DeviceJob).
class TrainJob {
 public:
  virtual ~TrainJob() = default;
  virtual const TrainParameters& parameters() const = 0;
  virtual const std::vector<ParameterTensor>& layout() const = 0;
  virtual const TrainData& data() const = 0;
  virtual PhiloxKey key() const = 0;
  // Program::advance().
  virtual Status advance_by(Trainer& trainer, std::uint32_t step, State& state,
                            const Engine& engine) const = 0;
  // Whether the state after `done` steps is within the contract.
  //   malformed    it is not: says how
  virtual Status check_state(std::uint32_t done, const State& state,
                             const Engine& engine) const = 0;
};

}  // namespace assay::compute::train
