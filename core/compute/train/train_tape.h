// A step of training as operations (dispute/tape.h, dispute/row_ops.h), one step of the optimiser
// after the other: forward, backward, the sum of the gradient's squares by segments, and the
// update, element by element. What is summed over tokens is transposed first, so that a sum reads
// one run of leaves; what exponentials are summed is committed to before, so that a sum computes
// none.
#pragma once

#include <memory>

#include "core/compute/dispute/row_ops.h"
#include "core/compute/train/optimiser.h"
#include "core/compute/train/train_data.h"

namespace assay::compute::train {

// What a job's tapes are made from; borrowed by them.
struct TapeJob {
  const StateShape& state_shape;
  const TrainParameters& parameters;
  const std::vector<ParameterTensor>& layout;
  PhiloxKey key;
  const TrainData& data;
};

// step 1..N of the chain.
Tape train_tape(const TapeJob& job, std::uint32_t step);

// A piece of the gradient: of parameters [offset, offset + matrix.size()).
struct GradientPart {
  std::uint64_t offset = 0;
  Matrix matrix;
};
// Of a step of the optimiser: the loss, one value, and the gradient's pieces in ascending order
// without gaps. `parameters` is the state's first tensor.
struct Backward {
  Matrix loss;
  std::vector<GradientPart> gradient;
};
Backward mlp_operations(Tape& tape, const TapeJob& job, std::uint32_t step,
                        const TensorRef& parameters);
Backward transformer_operations(Tape& tape, const TapeJob& job, std::uint32_t step,
                                const TensorRef& parameters);

// canonical(div(sum of x, f32(count))): by segments of R128.
Matrix mean_of(Tape& tape, const Matrix& x, std::uint64_t count);
// TrainKernels::cross_entropy of every row of logits, of at most rx1::kSegment: what it returns
// [1, rows], and the gradient. Of row r the target is (*target)[r].
struct CrossEntropy {
  Matrix losses, gradient;
};
CrossEntropy cross_entropy(Tape& tape, const Matrix& logits,
                           const std::shared_ptr<const std::vector<std::uint32_t>>& target,
                           float factor);
// [1, columns]: R128 over each column's rows.
Matrix column_sums(Tape& tape, const Matrix& x);

}  // namespace assay::compute::train
