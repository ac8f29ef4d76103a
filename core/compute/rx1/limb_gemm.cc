#include "core/compute/rx1/limb_gemm.h"

#include <algorithm>
#include <vector>

#include "core/compute/cpu/igemm8.h"
#include "core/compute/rx1/op_kernels.h"
#include "core/compute/rx1/quantize.h"

namespace assay::compute::rx1 {
namespace {

constexpr std::size_t kColumnsAtOnce = 64;  // rows of B

using cpu::PackedRows;

// The rows of B that one thread multiplies by: those of the columns [first, first + count) of Y.
struct Columns {
  std::size_t first;
  std::size_t count;
};

template <class A, class B>
void check_shape(const A& a, const B& b, std::span<const float> bias, std::span<float> y) {
  ASSAY_CHECK(a.q.size() == a.rows() * a.width() && b.q.size() == b.rows() * b.width() &&
                  a.width() == b.width() && y.size() == a.rows() * b.rows() &&
                  (bias.empty() || bias.size() == b.rows()),
              "gemm: A (M, K), B (N, K), bias (N) or none, Y (M, N)");
}

template <class Body>
void for_columns(const Engine& engine, std::size_t columns, const Body& body) {
  engine.parallel_for((columns + kColumnsAtOnce - 1) / kColumnsAtOnce, [&](std::uint64_t block) {
    const std::size_t first = block * kColumnsAtOnce;
    body(Columns{first, std::min(kColumnsAtOnce, columns - first)});
  });
}

// Sums of one block of columns, row by row: (M, count).
std::vector<std::int32_t> multiply(const PackedRows& a, std::size_t rows, const std::int8_t* b,
                                   std::size_t count) {
  std::vector<std::int32_t> sums(rows * count);
  a.multiply(b, count, sums.data(), count);
  return sums;
}

// A's rows as limbs, packed. The limbs are kept here: PackedRows borrows them.
struct PackedLimbs {
  PackedLimbs(const Engine& engine, const RowsS16& a)
      : limbs(split(engine, a)),
        high(engine, limbs[0], a.rows(), a.width()),
        low(engine, limbs[1], a.rows(), a.width()) {}

  static std::vector<std::vector<std::int8_t>> split(const Engine& engine, const RowsS16& a) {
    std::vector<std::vector<std::int8_t>> out(2, std::vector<std::int8_t>(a.q.size()));
    split_rows(engine, a.q, out[0], out[1]);
    return out;
  }

  std::vector<std::vector<std::int8_t>> limbs;
  PackedRows high;
  PackedRows low;
};

// What turns the sums of a block of columns into that part of Y.
struct Epilogue {
  const OpKernels& ops;
  std::span<const float> sa, sb, bias;
  std::span<float> y;

  const float* bias_of(const Columns& columns) const {
    return bias.empty() ? nullptr : bias.data() + columns.first;
  }
  float* row_of(std::size_t m, const Columns& columns) const {
    return y.data() + m * sb.size() + columns.first;
  }
  // y from factor * (128 * high + low)
  void write(const std::int32_t* high, const std::int32_t* low, float factor,
             const Columns& columns) const {
    for (std::size_t m = 0; m < sa.size(); ++m) {
      ops.dequantize_limbs(high + m * columns.count, low + m * columns.count, columns.count, factor,
                           sa[m], sb.data() + columns.first, bias_of(columns), row_of(m, columns));
    }
  }
};

}  // namespace

void gemm_a8w8(const Engine& engine, const RowsS8& a, const RowsS8& b, std::span<const float> bias,
               std::span<float> y) {
  check_shape(a, b, bias, y);
  if (y.empty()) return;
  const Epilogue epilogue{op_kernels(engine.level()), a.scale, b.scale, bias, y};
  const PackedRows packed(engine, a.q, a.rows(), a.width());
  for_columns(engine, b.rows(), [&](const Columns& columns) {
    const std::vector<std::int32_t> sums =
        multiply(packed, a.rows(), b.q.data() + columns.first * b.width(), columns.count);
    for (std::size_t m = 0; m < a.rows(); ++m) {
      epilogue.ops.dequantize(sums.data() + m * columns.count, columns.count, a.scale[m],
                              b.scale.data() + columns.first, epilogue.bias_of(columns),
                              epilogue.row_of(m, columns));
    }
  });
}

void gemm_a16w8(const Engine& engine, const RowsS16& a, const RowsS8& b,
                std::span<const float> bias, std::span<float> y) {
  check_shape(a, b, bias, y);
  if (y.empty()) return;
  const Epilogue epilogue{op_kernels(engine.level()), a.scale, b.scale, bias, y};
  // The limbs as rows of one matrix, so that B is read once: it is what a decoded token waits for.
  std::vector<std::int8_t> limbs(2 * a.q.size());
  split_rows(engine, a.q, std::span(limbs).first(a.q.size()), std::span(limbs).last(a.q.size()));
  const PackedRows packed(engine, limbs, 2 * a.rows(), a.width());
  for_columns(engine, b.rows(), [&](const Columns& columns) {
    const std::vector<std::int32_t> sums =
        multiply(packed, 2 * a.rows(), b.q.data() + columns.first * b.width(), columns.count);
    epilogue.write(sums.data(), sums.data() + a.rows() * columns.count, 1.0F, columns);
  });
}

void gemm_a16w16(const Engine& engine, const RowsS16& a, const RowsS16& b,
                 std::span<const float> bias, std::span<float> y) {
  check_shape(a, b, bias, y);
  if (y.empty()) return;
  const Epilogue epilogue{op_kernels(engine.level()), a.scale, b.scale, bias, y};
  const PackedLimbs packed(engine, a);
  for_columns(engine, b.rows(), [&](const Columns& columns) {
    const std::size_t size = columns.count * b.width();
    std::vector<std::int8_t> b_high(size), b_low(size);
    epilogue.ops.split(b.q.data() + columns.first * b.width(), size, b_high.data(), b_low.data());
    // Two sums of K products of at most 127 * 64 still fit: 131,072 * 2 * 127 * 64 < 2^31.
    std::vector<std::int32_t> mixed = multiply(packed.high, a.rows(), b_low.data(), columns.count);
    const std::vector<std::int32_t> other =
        multiply(packed.low, a.rows(), b_high.data(), columns.count);
    for (std::size_t i = 0; i < mixed.size(); ++i) mixed[i] += other[i];
    // acc = 128 * (128 * high + mixed); the factor 128 commutes with rounding to f32.
    const std::vector<std::int32_t> high =
        multiply(packed.high, a.rows(), b_high.data(), columns.count);
    epilogue.write(high.data(), mixed.data(), 128.0F, columns);
  });
}

}  // namespace assay::compute::rx1
