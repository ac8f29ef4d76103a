// The perceptron of core/compute/train/mlp.h, in its order.
#include "core/compute/cuda/train_steps.h"
#include "core/compute/rx1/float_ops.h"

namespace assay::compute::cuda {

using namespace train;

float TrainSteps::mlp(std::uint32_t step) {
  const TrainParameters& p = job_.parameters();
  const std::vector<std::uint32_t>& widths = p.mlp.widths;
  const Examples& examples = job_.data().examples;
  const std::size_t layers = widths.size() - 1, outputs = widths.back();
  std::vector<float> x, y;
  std::vector<std::uint32_t> classes;
  for (const std::uint64_t at : batch_places(job_.key(), step, p.batch, examples.count)) {
    const float* from = examples.x.data() + at * widths[0];
    x.insert(x.end(), from, from + widths[0]);
    if (p.mlp.classify) {
      classes.push_back(examples.classes[at]);
    } else {
      const float* to = examples.y.data() + at * outputs;
      y.insert(y.end(), to, to + outputs);
    }
  }
  h_.resize(layers + 1);
  upload(h_[0], x.data(), x.size() * sizeof(float));
  std::vector<std::uint64_t> weight;
  for (std::size_t n = 0, at = 0; n < layers; ++n) {
    const std::uint64_t size = std::uint64_t{widths[n]} * widths[n + 1];
    weight.push_back(at);
    linear(h_[n].at(), rows_, parameter(at), widths[n + 1], widths[n],
           room(h_[n + 1], rows_ * widths[n + 1]), parameter(at + size));
    at += size + widths[n + 1];
    TrainCellsArgs relu{};
    relu.x = h_[n + 1].at();
    relu.rows = rows_;
    relu.cols = widths[n + 1];
    if (n + 1 < layers) cells_op(kTrainRelu, relu);
  }
  const std::uint64_t all = rows_ * outputs;
  float loss = 0;
  if (p.mlp.classify) {
    upload(targets_, classes.data(), classes.size() * sizeof classes[0]);
    TrainRowsArgs args{};
    args.x = h_[layers].at();
    args.y = room(losses_, rows_);
    args.z = targets_.at();
    args.rows = rows_;
    args.width = outputs;
    args.scale = rx1::div(1.0F, rx1::from_s32(static_cast<std::int32_t>(rows_)));
    rows_op(kTrainCrossEntropy, args);
    loss = mean_loss(losses_.at(), rows_, rows_);
  } else {
    upload(y_, y.data(), y.size() * sizeof(float));
    TrainCellsArgs args{};
    args.x = h_[layers].at();
    args.y = y_.at();
    args.out = room(losses_, all);
    args.rows = rows_;
    args.cols = outputs;
    args.scale = rx1::div(2.0F, rx1::from_s32(static_cast<std::int32_t>(all)));
    cells_op(kTrainRegress, args);
    loss = mean_loss(losses_.at(), all, all);
  }
  // The dz of the last layer lies in the place of its h, those before it in dx_ and wide_ by turns.
  DevicePtr dz = h_[layers].at();
  for (std::size_t n = layers; n-- > 0;) {
    if (n + 1 < layers) {
      TrainCellsArgs relu{};
      relu.x = dz;
      relu.y = h_[n + 1].at();
      relu.rows = rows_;
      relu.cols = widths[n + 1];
      cells_op(kTrainReluGradient, relu);
    }
    const std::uint64_t size = std::uint64_t{widths[n]} * widths[n + 1];
    of_weights(dz, h_[n].at(), rows_, widths[n + 1], widths[n], derivative(weight[n]));
    column_sums(dz, rows_, widths[n + 1], derivative(weight[n] + size));
    if (n == 0) break;
    const DevicePtr before = room(n % 2 == 0 ? dx_ : wide_, rows_ * widths[n]);
    into(dz, rows_, parameter(weight[n]), widths[n + 1], widths[n], before);
    dz = before;
  }
  return loss;
}

}  // namespace assay::compute::cuda
