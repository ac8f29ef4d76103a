#include "core/compute/train/train_tape.h"

#include <algorithm>
#include <memory>

#include "core/compute/rx1/float_ops.h"
#include "core/compute/rx1/sum.h"

namespace assay::compute::train {
namespace {

constexpr float kLossMax = 0x1.fffffep127F;

// One value for each segment of x, seen as a flat array.
template <class Sum>
Matrix by_segments(Tape& tape, const char* name, const Matrix& x, Sum sum) {
  const std::uint64_t segments = (x.size() + rx1::kSegment - 1) / rx1::kSegment;
  return add_each(
      tape, name, 1, segments, {x.ref}, [x, sum](std::uint64_t segment, Operands& operands) {
        const std::uint64_t first = segment * rx1::kSegment;
        const std::uint64_t count = std::min<std::uint64_t>(rx1::kSegment, x.size() - first);
        return sum(operands.read<float>(x.ref, x.offset + first, count));
      });
}

Matrix gather(Tape& tape, std::vector<GradientPart> parts) {
  std::vector<TensorRef> reads;
  std::uint64_t size = 0;
  for (const GradientPart& part : parts) {
    reads.push_back(part.matrix.ref);
    size += part.matrix.size();
  }
  return add_each(
      tape, "gradient", 1, size, std::move(reads),
      [parts = std::move(parts)](std::uint64_t at, Operands& operands) {
        const auto after = std::upper_bound(
            parts.begin(), parts.end(), at,
            [](std::uint64_t place, const GradientPart& part) { return place < part.offset; });
        const GradientPart& part = *(after - 1);
        return part.matrix.at(operands, at - part.offset);
      });
}

struct Update {
  TapeJob job;
  std::uint32_t step;  // of the optimiser
  Matrix gradient, square, loss;
  std::vector<TensorRef> before;  // the state's tensors before it
};

bool is_finite(float x) {
  return (rx1::bits(x) & rx1::kAbsMask) < rx1::kInfinityBits;
}

// What becomes of elements [first, first + count) of the optimiser's tensors: parameters, m, v.
void update_part(const Update& update, std::uint64_t first, std::uint64_t count, Operands& operands,
                 std::vector<float> (&values)[3]) {
  const OptimizerParameters& optimizer = update.job.parameters.optimizer;
  const std::size_t tensors = update.job.state_shape.size() - 1;
  for (std::uint32_t i = 0; i < tensors; ++i) {
    const std::span<const float> from = operands.read<float>(update.before[i], first, count);
    values[i].assign(from.begin(), from.end());
  }
  const float square = update.square.at(operands, 0), loss = update.loss.at(operands, 0);
  if (!is_finite(loss) || !(square <= kSquareMax)) return;
  const TrainKernels& kernels = train_kernels(CpuLevel::scalar);
  AdamStep how = step_of(update.job.parameters, update.step, square);
  const float decay = how.weight_decay;
  const std::span<const float> g = operands.read<float>(update.gradient.ref, first, count);
  for (const ParameterTensor& tensor : update.job.layout) {
    const std::uint64_t from = std::max(first, tensor.offset);
    const std::uint64_t end = std::min(first + count, tensor.offset + tensor.size());
    if (from >= end) continue;
    how.weight_decay = tensor.is_matrix() ? decay : 0.0F;
    const std::uint64_t at = from - first, size = end - from;
    float* p = values[0].data() + at;
    switch (optimizer.kind) {
      case Optimizer::adam:
        kernels.adam(how, g.data() + at, size, p, values[1].data() + at, values[2].data() + at);
        break;
      case Optimizer::momentum:
        kernels.momentum(momentum_of(optimizer), how, g.data() + at, size, p,
                         values[1].data() + at);
        break;
      case Optimizer::sgd: kernels.sgd(how, g.data() + at, size, p); break;
    }
  }
}

TensorRef add_update(Tape& tape, const Update& update, std::uint32_t tensor) {
  std::vector<TensorRef> reads{update.gradient.ref, update.square.ref, update.loss.ref};
  reads.insert(reads.end(), update.before.begin(), update.before.end() - 1);
  return tape.add("optimiser", update.job.state_shape[tensor], 1, std::move(reads),
                  [update, tensor](std::uint64_t first, std::uint64_t count, Operands& operands,
                                   std::span<std::uint8_t> out) {
                    std::vector<float> values[3];
                    update_part(update, first, count, operands, values);
                    std::memcpy(out.data(), values[tensor].data(), out.size());
                  });
}

TensorRef add_losses(Tape& tape, const Update& update) {
  const auto last = static_cast<std::uint32_t>(update.job.state_shape.size() - 1);
  const TensorRef before = update.before[last];
  return tape.add("losses", update.job.state_shape[last], 1, {update.loss.ref, before},
                  each<float>([before, loss = update.loss, step = update.step](std::uint64_t at,
                                                                               Operands& operands) {
                    if (at + 1 != step) return operands.at<float>(before, at);
                    const float value = loss.at(operands, 0);
                    return is_finite(value) ? rx1::add(rx1::max(value, 0.0F), 0.0F) : kLossMax;
                  }));
}

}  // namespace

Matrix mean_of(Tape& tape, const Matrix& x, std::uint64_t count) {
  const Matrix parts = by_segments(tape, "sum of a segment", x,
                                   [](std::span<const float> part) { return rx1::sum(part); });
  return add_each(
      tape, "mean", 1, 1, {parts.ref}, [parts, count](std::uint64_t, Operands& operands) {
        return rx1::canonical(rx1::div(rx1::sum(parts.row(operands, 0)),
                                       rx1::from_s32(static_cast<std::int32_t>(count))));
      });
}

Matrix column_sums(Tape& tape, const Matrix& x) {
  const Matrix turned = transposed(tape, x, x.rows);
  return add_each(tape, "column sum", 1, x.width, {turned.ref},
                  [turned](std::uint64_t column, Operands& operands) {
                    return rx1::sum(turned.row(operands, column));
                  });
}

namespace {

// The state's tensors after one step of the optimiser.
std::vector<TensorRef> optimised(Tape& tape, const TapeJob& job, std::uint32_t step,
                                 const std::vector<TensorRef>& before) {
  Backward backward = job.parameters.model == ModelKind::transformer
                          ? transformer_operations(tape, job, step, before[0])
                          : mlp_operations(tape, job, step, before[0]);
  const Matrix gradient = gather(tape, std::move(backward.gradient));
  const Matrix squares =
      by_segments(tape, "squares of a segment", gradient,
                  [](std::span<const float> part) { return rx1::sum_of_squares(part); });
  const Matrix square = add_each(
      tape, "sum of squares", 1, 1, {squares.ref},
      [squares](std::uint64_t, Operands& operands) { return rx1::sum(squares.row(operands, 0)); });
  const Update update{job, step, gradient, square, backward.loss, before};
  std::vector<TensorRef> after;
  for (std::uint32_t i = 0; i + 1 < before.size(); ++i) {
    after.push_back(add_update(tape, update, i));
  }
  after.push_back(add_losses(tape, update));
  return after;
}

}  // namespace

Tape train_tape(const TapeJob& job, std::uint32_t step) {
  Tape tape;
  tape.states[step - 1] = tape.state_shape = job.state_shape;
  for (std::uint32_t i = 0; i < job.state_shape.size(); ++i) {
    tape.state.push_back({TensorRef::Of::state, step - 1, i});
  }
  const std::uint32_t last = step * job.parameters.steps_per_commit;
  for (std::uint32_t s = last - job.parameters.steps_per_commit + 1; s <= last; ++s) {
    tape.state = optimised(tape, job, s, tape.state);
  }
  return tape;
}

}  // namespace assay::compute::train
