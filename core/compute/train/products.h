// The matrix product of training, and what goes with it. One thread at a time per Engine, whose
// level and threads change no bit. A size that does not fit is a bug of the caller.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/compute/engine.h"
#include "core/compute/rx1/limb_gemm.h"

namespace assay::compute::train {

// An array of f32 that begins without values: what is written next fills it.
class Numbers {
 public:
  Numbers() = default;
  explicit Numbers(std::size_t size)
      : data_(std::make_unique_for_overwrite<float[]>(size)), size_(size) {}

  std::size_t size() const { return size_; }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  operator std::span<float>() { return {data_.get(), size_}; }              // NOLINT
  operator std::span<const float>() const { return {data_.get(), size_}; }  // NOLINT

 private:
  std::unique_ptr<float[]> data_;
  std::size_t size_ = 0;
};

// Rows quantised to s16 (rx1/quantize.h).
class Rows {
 public:
  Rows(const Engine& engine, std::span<const float> x, std::size_t width);

  std::size_t rows() const { return count_; }
  rx1::RowsS16 view() const { return {{q_.get(), size_}, {scale_.get(), count_}}; }

 private:
  std::size_t size_;
  std::size_t count_;
  std::unique_ptr<std::int16_t[]> q_;
  std::unique_ptr<float[]> scale_;
};

// y [M,N] = a [M,K] x b [N,K]: gemm_a16w16, with bias (N) or none.
void multiply(const Engine& engine, const Rows& a, const Rows& b, std::span<float> y,
              std::span<const float> bias = {});
Numbers multiply(const Engine& engine, const Rows& a, const Rows& b);

// y [columns, rows] = x [rows, columns] transposed; the rows of x begin `stride` apart.
void transpose(const float* x, std::size_t stride, std::size_t rows, std::size_t columns, float* y);
// The same on all threads; x dense.
Numbers transposed(const Engine& engine, std::span<const float> x, std::size_t columns);
// transposed(), quantised: the operand of a contraction over x's rows.
Rows transposed_rows(const Engine& engine, std::span<const float> x, std::size_t columns);

// out[c] = R128 over the rows of column c. x (rows, out.size()), at most 65536 rows.
void column_sums(const Engine& engine, std::span<const float> x, std::span<float> out);

// body(first, count) over parts of [0, size), on all threads.
template <class Body>
void for_parts(const Engine& engine, std::size_t size, const Body& body) {
  constexpr std::size_t kElementsAtOnce = 1 << 14;
  engine.parallel_for((size + kElementsAtOnce - 1) / kElementsAtOnce, [&](std::uint64_t part) {
    const std::size_t first = part * kElementsAtOnce;
    body(first, size - first < kElementsAtOnce ? size - first : kElementsAtOnce);
  });
}

}  // namespace assay::compute::train
