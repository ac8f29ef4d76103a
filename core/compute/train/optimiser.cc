#include "core/compute/train/optimiser.h"

#include <algorithm>
#include <cstring>

#include "core/compute/rx1/elementary.h"
#include "core/compute/train/products.h"

namespace assay::compute::train {
namespace {

constexpr double kPi = 0x1.921fb54442d18p1;

double of_ppm(std::uint32_t ppm) {
  return static_cast<double>(ppm) / 1e6;
}

// 1 / (1 - beta^step)
float correction(double beta, std::uint32_t step) {
  double power = 1;
  for (std::uint32_t i = 0; i < step; ++i) power *= beta;
  return static_cast<float>(1 / (1 - power));
}

float clip_factor(const OptimizerParameters& p, float square) {
  const float norm = rx1::sqrt(square);
  const float clip = static_cast<float>(of_ppm(p.clip_norm_ppm));
  return p.clip_norm_ppm > 0 && norm > clip ? rx1::div(clip, norm) : 1.0F;
}

// The state's bytes as f32, a part at a time.
class Part {
 public:
  static constexpr std::size_t kElements = 4096;

  Part(std::span<std::uint8_t> bytes, std::size_t first, std::size_t count) {
    if (bytes.empty()) return;
    bytes_ = bytes.subspan(first * sizeof(float), count * sizeof(float));
    std::memcpy(values_, bytes_.data(), bytes_.size());
  }
  void write() const {
    if (!bytes_.empty()) std::memcpy(bytes_.data(), values_, bytes_.size());
  }
  float* values() { return values_; }

 private:
  std::span<std::uint8_t> bytes_;
  float values_[kElements];
};

}  // namespace

AdamStep step_of(const TrainParameters& parameters, std::uint32_t step, float square) {
  const OptimizerParameters& p = parameters.optimizer;
  const double beta1 = of_ppm(p.beta1_ppm), beta2 = of_ppm(p.beta2_ppm);
  AdamStep out{};
  out.factor = clip_factor(p, square);
  out.beta1 = static_cast<float>(beta1);
  out.one_less_beta1 = static_cast<float>(1 - beta1);
  out.beta2 = static_cast<float>(beta2);
  out.one_less_beta2 = static_cast<float>(1 - beta2);
  out.correct1 = correction(beta1, step);
  out.correct2 = correction(beta2, step);
  out.rate = learning_rate(p, step, parameters.steps);
  out.weight_decay = static_cast<float>(of_ppm(p.weight_decay_ppm));
  return out;
}

float momentum_of(const OptimizerParameters& parameters) {
  return static_cast<float>(of_ppm(parameters.momentum_ppm));
}

float learning_rate(const OptimizerParameters& p, std::uint32_t step, std::uint32_t steps) {
  const double rate = of_ppm(p.learning_rate_ppm), least = of_ppm(p.final_rate_ppm);
  if (step <= p.warmup_steps) return static_cast<float>(rate * step / p.warmup_steps);
  const double done = static_cast<double>(step - p.warmup_steps) / (steps - p.warmup_steps);
  switch (p.decay) {
    case Decay::none: break;
    case Decay::linear: return static_cast<float>(rate * (least + (1 - least) * (1 - done)));
    case Decay::cosine: {
      const double cosine = rx1::cos_f32(static_cast<float>(kPi * done));
      return static_cast<float>(rate * (least + (1 - least) * (0.5 * (1 + cosine))));
    }
  }
  return static_cast<float>(rate);
}

void update(const TrainParameters& parameters, const std::vector<ParameterTensor>& layout,
            std::uint32_t step, std::span<const float> gradient, float square, const Moved& state,
            const Engine& engine) {
  const TrainKernels& kernels = train_kernels(engine.level());
  const OptimizerParameters& optimizer = parameters.optimizer;
  const float keep = momentum_of(optimizer);
  const float decay = static_cast<float>(of_ppm(optimizer.weight_decay_ppm));
  AdamStep how = step_of(parameters, step, square);
  for (const ParameterTensor& tensor : layout) {
    how.weight_decay = tensor.is_matrix() ? decay : 0.0F;
    const std::size_t parts = (tensor.size() + Part::kElements - 1) / Part::kElements;
    engine.parallel_for(parts, [&](std::uint64_t i) {
      const std::size_t first = tensor.offset + i * Part::kElements;
      const std::size_t count = std::min(
          Part::kElements, static_cast<std::size_t>(tensor.offset + tensor.size()) - first);
      const float* g = gradient.data() + first;
      Part p(state.parameters, first, count);
      Part m(state.first, first, count);
      Part v(state.second, first, count);
      switch (optimizer.kind) {
        case Optimizer::adam:
          kernels.adam(how, g, count, p.values(), m.values(), v.values());
          break;
        case Optimizer::momentum:
          kernels.momentum(keep, how, g, count, p.values(), m.values());
          break;
        case Optimizer::sgd: kernels.sgd(how, g, count, p.values()); break;
      }
      for (const Part* part : {&p, &m, &v}) part->write();
    });
  }
}

}  // namespace assay::compute::train
