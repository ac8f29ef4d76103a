// Softmax cross entropy as operations: TrainKernels::cross_entropy, one by one.
#include "core/compute/rx1/elementary.h"
#include "core/compute/rx1/float_ops.h"
#include "core/compute/rx1/sum.h"
#include "core/compute/train/train_tape.h"

namespace assay::compute::train {
namespace {

Matrix largest_of_rows(Tape& tape, const Matrix& l) {
  return add_each(tape, "largest", l.rows, 1, {l.ref}, [l](std::uint64_t row, Operands& operands) {
    const std::span<const float> values = l.row(operands, row);
    float most = values[0];
    for (const float x : values) most = rx1::max(most, x);
    return most;
  });
}

// NaN made canonical, for it is committed to: to the sums it is all the same.
Matrix exponentials(Tape& tape, const Matrix& l, const Matrix& most) {
  return add_each(tape, "exponential", l.rows, l.width, {l.ref, most.ref},
                  [l, most](std::uint64_t at, Operands& operands) {
                    const float below =
                        rx1::sub(l.at(operands, at), most.at(operands, at / l.width));
                    return rx1::canonical(rx1::exp_f32(below));
                  });
}

Matrix sums_of_rows(Tape& tape, const Matrix& x) {
  return add_each(
      tape, "sum of a row", x.rows, 1, {x.ref},
      [x](std::uint64_t row, Operands& operands) { return rx1::sum(x.row(operands, row)); });
}

}  // namespace

CrossEntropy cross_entropy(Tape& tape, const Matrix& l,
                           const std::shared_ptr<const std::vector<std::uint32_t>>& target,
                           float factor) {
  const Matrix most = largest_of_rows(tape, l);
  const Matrix e = exponentials(tape, l, most);
  const Matrix sum = sums_of_rows(tape, e);
  const Matrix losses =
      add_each(tape, "cross entropy", 1, l.rows, {l.ref, most.ref, sum.ref},
               [l, most, sum, target](std::uint64_t row, Operands& operands) {
                 const float wanted = l.at(operands, row * l.width + (*target)[row]);
                 return rx1::canonical(rx1::add(rx1::log_f32(sum.at(operands, row)),
                                                rx1::sub(most.at(operands, row), wanted)));
               });
  const Matrix gradient =
      add_each(tape, "cross entropy gradient", l.rows, l.width, {e.ref, sum.ref},
               [e, sum, target, factor](std::uint64_t at, Operands& operands) {
                 const std::uint64_t row = at / e.width;
                 const float p = rx1::div(e.at(operands, at), sum.at(operands, row));
                 const bool wanted = at % e.width == (*target)[row];
                 return rx1::canonical(rx1::mul(wanted ? rx1::sub(p, 1.0F) : p, factor));
               });
  return {losses, gradient};
}

}  // namespace assay::compute::train
