// Operations on rows of f32 that tapes of several workloads are made of. Each adds to the tape what
// the functions of core/compute/rx1 compute at once; bits are theirs. Pure; any thread.
#pragma once

#include "core/compute/dispute/tape.h"

namespace assay::compute {

// Rows of f32, dense, from element `offset` of a tensor on.
struct Matrix {
  TensorRef ref;
  std::uint64_t rows = 0, width = 0;
  std::uint64_t offset = 0;

  std::uint64_t size() const { return rows * width; }
  float at(Operands& operands, std::uint64_t element) const {
    return operands.at<float>(ref, offset + element);
  }
  std::span<const float> row(Operands& operands, std::uint64_t number) const {
    return operands.read<float>(ref, offset + number * width, width);
  }
};

// f(element, operands) of every element.
template <class F>
Matrix add_each(Tape& tape, std::string name, std::uint64_t rows, std::uint64_t width,
                std::vector<TensorRef> reads, F f) {
  return {tape.add(std::move(name), {DType::f32, {rows, width}}, 1, std::move(reads),
                   each<float>(std::move(f))),
          rows, width, 0};
}
// f(row, operands, out) of every row; a row is the unit.
template <class F>
Matrix add_rows(Tape& tape, std::string name, std::uint64_t rows, std::uint64_t width,
                std::vector<TensorRef> reads, F f) {
  return {tape.add(std::move(name), {DType::f32, {rows, width}}, width, std::move(reads),
                   by_rows<float>(width, std::move(f))),
          rows, width, 0};
}

// Rows quantised (rx1/quantize.h): the bits of max |x| of each, s32 [rows], and the integers, s16
// or s8.
struct Quantised {
  TensorRef q, most;
  std::uint64_t rows = 0, width = 0;
  float limit = 0;

  float scale(Operands& operands, std::uint64_t row) const;
};
Quantised quantise(Tape& tape, const Matrix& x, DType to);

// Which rows of b belong to a row of a: all of them, or those of its batch.
struct Batches {
  std::uint64_t a_rows = 0, b_rows = 0;                    // of a batch; 0: there is one
  std::function<std::uint64_t(std::uint64_t batch)> b_of;  // whose rows of b it is multiplied with
};
// y [a.rows, b_rows] = a x b: A16W16 (rx1/limb_gemm.h), with bias or none. An element is one dot
// product.
Matrix product(Tape& tape, const Quantised& a, const Quantised& b, const Batches& batches = {},
               const Matrix* bias = nullptr);

// Of every batch of `rows` rows, [rows, width], its transpose.
Matrix transposed(Tape& tape, const Matrix& x, std::uint64_t rows);

// rx1/layer_ops.h: rms_norm (a row is the unit), the residual.
Matrix rms_norm(Tape& tape, const Matrix& x, const Matrix& gain, float epsilon);
Matrix sum_of(Tape& tape, const Matrix& x, const Matrix& residual);

}  // namespace assay::compute
