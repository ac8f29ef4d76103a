// The operations of an MLP's loss and gradient: mlp.cc, one by one.
#include "core/compute/rx1/float_ops.h"
#include "core/compute/train/train_kernels.h"
#include "core/compute/train/train_tape.h"

namespace assay::compute::train {
namespace {

const TrainKernels& scalar() {
  return train_kernels(CpuLevel::scalar);
}

struct Layer {
  Matrix weight, bias;
};

// The batch of a step: rows of `from`, of `width` numbers each.
Matrix batch_rows(Tape& tape, const char* name, const std::vector<std::uint64_t>& places,
                  std::uint64_t width, const float* from) {
  return add_each(tape, name, places.size(), width, {},
                  [places, width, from](std::uint64_t at, Operands&) {
                    return from[places[at / width] * width + at % width];
                  });
}

Backward classify(Tape& tape, const Matrix& h, std::vector<std::uint32_t> classes) {
  const float factor = rx1::div(1.0F, rx1::from_s32(static_cast<std::int32_t>(h.rows)));
  const CrossEntropy entropy = cross_entropy(
      tape, h, std::make_shared<const std::vector<std::uint32_t>>(std::move(classes)), factor);
  return {mean_of(tape, entropy.losses, h.rows), {{0, entropy.gradient}}};
}

Backward regress(Tape& tape, const Matrix& h, const Matrix& y) {
  const float factor = rx1::div(2.0F, rx1::from_s32(static_cast<std::int32_t>(h.size())));
  const Matrix dz = add_each(
      tape, "error gradient", h.rows, h.width, {h.ref, y.ref},
      [h, y, factor](std::uint64_t at, Operands& operands) {
        return rx1::canonical(rx1::mul(rx1::sub(h.at(operands, at), y.at(operands, at)), factor));
      });
  const Matrix squares = add_each(tape, "squared error", h.rows, h.width, {h.ref, y.ref},
                                  [h, y](std::uint64_t at, Operands& operands) {
                                    const float error =
                                        rx1::sub(h.at(operands, at), y.at(operands, at));
                                    return rx1::canonical(rx1::mul(error, error));
                                  });
  return {mean_of(tape, squares, h.size()), {{0, dz}}};
}

// The loss, and in gradient[0] that of the last layer's outputs.
Backward loss_of(Tape& tape, const TapeJob& job, const Matrix& h,
                 const std::vector<std::uint64_t>& places) {
  const Examples& examples = job.data.examples;
  if (!job.parameters.mlp.classify) {
    return regress(tape, h, batch_rows(tape, "targets", places, h.width, examples.y.data()));
  }
  std::vector<std::uint32_t> classes;
  for (const std::uint64_t place : places) classes.push_back(examples.classes[place]);
  return classify(tape, h, std::move(classes));
}

Matrix relu(Tape& tape, const Matrix& z) {
  return add_each(tape, "relu", z.rows, z.width, {z.ref},
                  [z](std::uint64_t at, Operands& operands) {
                    float x = z.at(operands, at);
                    scalar().relu(&x, 1);
                    return x;
                  });
}

Matrix relu_gradient(Tape& tape, const Matrix& y, const Matrix& dy) {
  return add_each(tape, "relu gradient", y.rows, y.width, {y.ref, dy.ref},
                  [y, dy](std::uint64_t at, Operands& operands) {
                    const float kept = y.at(operands, at);
                    float x = dy.at(operands, at);
                    scalar().relu_gradient(&kept, 1, &x);
                    return x;
                  });
}

Quantised turned(Tape& tape, const Matrix& x) {
  return quantise(tape, transposed(tape, x, x.rows), DType::s16);
}

}  // namespace

Backward mlp_operations(Tape& tape, const TapeJob& job, std::uint32_t step,
                        const TensorRef& parameters) {
  const std::vector<std::uint32_t>& widths = job.parameters.mlp.widths;
  std::vector<Layer> w;
  std::uint64_t offset = 0;
  for (std::size_t n = 0; n + 1 < widths.size(); ++n) {
    const Matrix weight{parameters, widths[n + 1], widths[n], offset};
    offset += weight.size();
    w.push_back({weight, {parameters, 1, widths[n + 1], offset}});
    offset += widths[n + 1];
  }
  const std::vector<std::uint64_t> places =
      batch_places(job.key, step, job.parameters.batch, job.data.examples.count);
  std::vector<Matrix> h{
      batch_rows(tape, "examples", places, widths.front(), job.data.examples.x.data())};
  for (std::size_t n = 0; n < w.size(); ++n) {
    const Matrix z = product(tape, quantise(tape, h[n], DType::s16),
                             quantise(tape, w[n].weight, DType::s16), {}, &w[n].bias);
    h.push_back(n + 1 < w.size() ? relu(tape, z) : z);
  }
  Backward out = loss_of(tape, job, h.back(), places);
  Matrix dz = out.gradient[0].matrix;
  out.gradient.clear();
  for (std::size_t n = w.size(); n-- > 0;) {
    if (n + 1 < w.size()) dz = relu_gradient(tape, h[n + 1], dz);
    const Matrix dw = product(tape, turned(tape, dz), turned(tape, h[n]));
    const Matrix db = column_sums(tape, dz);
    out.gradient.insert(out.gradient.begin(), {{w[n].weight.offset, dw}, {w[n].bias.offset, db}});
    if (n > 0) dz = product(tape, quantise(tape, dz, DType::s16), turned(tape, w[n].weight));
  }
  return out;
}

}  // namespace assay::compute::train
