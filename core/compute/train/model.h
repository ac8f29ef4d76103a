// What every trained model can do: say the loss of a step's batch, and its gradient.
// Immutable; any thread, each with an Engine of its own.
#pragma once

#include <memory>
#include <span>

#include "core/compute/philox.h"
#include "core/compute/train/train_data.h"

namespace assay::compute::train {

class Model {
 public:
  virtual ~Model() = default;

  // The mean loss of the batch of step s, and in `gradient` (P) its derivatives, flat as the
  // parameters (P) are. Both may be NaN or infinite.
  virtual float gradient(std::uint32_t step, std::span<const float> parameters,
                         std::span<float> gradient, const Engine& engine) const = 0;
};

// The data must be those of the parameters (load_train_data); the model keeps a reference to them.
std::unique_ptr<Model> make_transformer(const TrainParameters& parameters, PhiloxKey key,
                                        const TrainData& data);
std::unique_ptr<Model> make_mlp(const TrainParameters& parameters, PhiloxKey key,
                                const TrainData& data);

}  // namespace assay::compute::train
