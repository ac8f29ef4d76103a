#include "core/compute/train/mlp.h"

#include <algorithm>

#include "core/compute/rx1/float_ops.h"
#include "core/compute/rx1/sum.h"
#include "core/compute/train/train_kernels.h"

namespace assay::compute::train {
namespace {

using Input = std::span<const float>;
using Output = std::span<float>;

template <class Span>
struct LayerOf {
  Span weight, bias;
};

template <class Span>
std::vector<LayerOf<Span>> layers_of(const MlpShape& shape, Span all) {
  std::vector<LayerOf<Span>> out;
  for (std::size_t n = 0; n + 1 < shape.widths.size(); ++n) {
    const std::size_t inputs = shape.widths[n], outputs = shape.widths[n + 1];
    out.push_back({all.first(inputs * outputs), all.subspan(inputs * outputs, outputs)});
    all = all.subspan((inputs + 1) * outputs);
  }
  return out;
}

// h becomes its gradient.
float classify(const Engine& engine, std::span<const std::uint16_t> classes, Numbers& h) {
  const TrainKernels& kernels = train_kernels(engine.level());
  const std::size_t rows = classes.size(), width = h.size() / rows;
  const float count = rx1::from_s32(static_cast<std::int32_t>(rows));
  Numbers losses(rows);
  engine.parallel_for(rows, [&](std::uint64_t row) {
    losses.data()[row] =
        kernels.cross_entropy(h.data() + row * width, width, classes[row], rx1::div(1.0F, count));
  });
  return rx1::canonical(rx1::div(rx1::sum(losses, engine.level()), count));
}

float regress(const Engine& engine, Input y, Numbers& h) {
  const float count = rx1::from_s32(static_cast<std::int32_t>(h.size()));
  const float factor = rx1::div(2.0F, count);
  Numbers squares(h.size());
  for_parts(engine, h.size(), [&](std::size_t first, std::size_t size) {
    for (std::size_t i = first; i < first + size; ++i) {
      const float error = rx1::sub(h.data()[i], y[i]);
      squares.data()[i] = rx1::canonical(rx1::mul(error, error));
      h.data()[i] = rx1::canonical(rx1::mul(error, factor));
    }
  });
  return rx1::canonical(rx1::div(rx1::sum(squares, engine.level()), count));
}

class Mlp final : public Model {
 public:
  Mlp(const TrainParameters& parameters, PhiloxKey key, const TrainData& data)
      : parameters_(parameters), key_(key), data_(data) {}

  float gradient(std::uint32_t step, Input parameters, Output gradient,
                 const Engine& engine) const override {
    const Examples& examples = data_.examples;
    const MlpShape& mlp = parameters_.mlp;
    const std::size_t inputs = mlp.widths.front(), outputs = mlp.widths.back();
    Numbers x(parameters_.batch * inputs), y(mlp.classify ? 0 : parameters_.batch * outputs);
    std::vector<std::uint16_t> classes;
    std::size_t row = 0;
    for (std::uint64_t at : batch_places(key_, step, parameters_.batch, examples.count)) {
      std::copy_n(examples.x.data() + at * inputs, inputs, x.data() + row * inputs);
      if (mlp.classify) {
        classes.push_back(examples.classes[at]);
      } else {
        std::copy_n(examples.y.data() + at * outputs, outputs, y.data() + row * outputs);
      }
      ++row;
    }
    return mlp_gradient(mlp, std::move(x), classes, y, parameters, gradient, engine);
  }

 private:
  const TrainParameters parameters_;
  const PhiloxKey key_;
  const TrainData& data_;
};

}  // namespace

float mlp_gradient(const MlpShape& shape, Numbers x, std::span<const std::uint16_t> classes,
                   Input y, Input parameters, Output gradient, const Engine& engine) {
  const TrainKernels& kernels = train_kernels(engine.level());
  const std::vector<LayerOf<Input>> w = layers_of(shape, parameters);
  const std::vector<LayerOf<Output>> dw = layers_of(shape, gradient);
  const std::size_t rows = x.size() / shape.widths.front();
  std::vector<Numbers> h;
  h.push_back(std::move(x));
  for (std::size_t n = 0; n < w.size(); ++n) {
    Numbers z(rows * shape.widths[n + 1]);
    multiply(engine, Rows(engine, h[n], shape.widths[n]),
             Rows(engine, w[n].weight, shape.widths[n]), z, w[n].bias);
    if (n + 1 < w.size()) {
      for_parts(engine, z.size(), [&](std::size_t first, std::size_t count) {
        kernels.relu(z.data() + first, count);
      });
    }
    h.push_back(std::move(z));
  }
  Numbers dz = std::move(h.back());
  const float loss = shape.classify ? classify(engine, classes, dz) : regress(engine, y, dz);
  for (std::size_t n = w.size(); n-- > 0;) {
    const std::size_t inputs = shape.widths[n], outputs = shape.widths[n + 1];
    if (n + 1 < w.size()) {
      for_parts(engine, dz.size(), [&](std::size_t first, std::size_t count) {
        kernels.relu_gradient(h[n + 1].data() + first, count, dz.data() + first);
      });
    }
    multiply(engine, transposed_rows(engine, dz, outputs), transposed_rows(engine, h[n], inputs),
             dw[n].weight);
    column_sums(engine, dz, dw[n].bias);
    if (n > 0) {
      dz =
          multiply(engine, Rows(engine, dz, outputs), transposed_rows(engine, w[n].weight, inputs));
    }
  }
  return loss;
}

std::unique_ptr<Model> make_mlp(const TrainParameters& parameters, PhiloxKey key,
                                const TrainData& data) {
  return std::make_unique<Mlp>(parameters, key, data);
}

}  // namespace assay::compute::train
