#include "core/compute/rx1/limb_gemm.h"

#include <emmintrin.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "core/compute/cpu/igemm8.h"
#include "core/compute/rx1/op_kernels.h"
#include "core/compute/rx1/quantize.h"

namespace assay::compute::rx1 {
namespace {

constexpr std::size_t kColumnsAtOnce = 64;                               // rows of B
constexpr std::size_t kRowsAtOnce = 2 * cpu::PackedRows::kRowsMultiple;  // whose sums stay cached
constexpr std::size_t kBlocksPerThread = 2;

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
    write_rows(0, sa.size(), high, low, factor, columns);
  }
  // The same for some rows of Y.
  void write_rows(std::size_t first, std::size_t rows, const std::int32_t* high,
                  const std::int32_t* low, float factor, const Columns& columns) const {
    for (std::size_t i = 0; i < rows; ++i) {
      ops.dequantize_limbs(high + i * columns.count, low + i * columns.count, columns.count, factor,
                           sa[first + i], sb.data() + columns.first, bias_of(columns),
                           row_of(first + i, columns));
    }
  }
};

// The limbs of some rows of B, packed for the rows of A.
struct PackedWeights {
  PackedWeights(const PackedLimbs& rows, const OpKernels& ops, const RowsS16& b,
                const Columns& columns)
      : size(columns.count * b.width()),
        limbs(std::make_unique_for_overwrite<std::int8_t[]>(2 * size)),
        high(split(ops, b.q.data() + columns.first * b.width(), rows, columns.count)),
        low(rows.high.pack_columns(limbs.get() + size, columns.count)) {}

  cpu::PackedColumns split(const OpKernels& ops, const std::int16_t* q, const PackedLimbs& rows,
                           std::size_t count) const {
    ops.split(q, size, limbs.get(), limbs.get() + size);
    return rows.high.pack_columns(limbs.get(), count);
  }

  std::size_t size;
  std::unique_ptr<std::int8_t[]> limbs;  // PackedColumns borrow them
  cpu::PackedColumns high;
  cpu::PackedColumns low;
};

// body(columns, row, end) for blocks of Y that cover it: of 64 columns and all rows, or fewer where
// that would leave threads without work.
template <class Body>
void for_blocks(const Engine& engine, std::size_t rows, std::size_t columns, const Body& body) {
  const std::size_t across = (columns + kColumnsAtOnce - 1) / kColumnsAtOnce;
  const std::size_t wanted = engine.threads() == 1 ? 1 : kBlocksPerThread * engine.threads();
  const std::size_t least = (rows + kRowsAtOnce - 1) / kRowsAtOnce;
  const std::size_t down = std::clamp((wanted + across - 1) / across, std::size_t{1}, least);
  const std::size_t part = (least + down - 1) / down * kRowsAtOnce;
  engine.parallel_for(across * down, [&](std::uint64_t block) {
    const std::size_t first = block % across * kColumnsAtOnce;
    const std::size_t row = block / across * part;
    if (row >= rows) return;
    body(Columns{first, std::min(kColumnsAtOnce, columns - first)}, row,
         std::min(row + part, rows));
  });
}

// to += x
void add_sums(const std::int32_t* x, std::size_t count, std::int32_t* to) {
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    __m128i* at = reinterpret_cast<__m128i*>(to + i);
    const __m128i more = _mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i));
    _mm_storeu_si128(at, _mm_add_epi32(_mm_loadu_si128(at), more));
  }
  for (; i < count; ++i) to[i] += x[i];
}

// A block of Y by A16W16: these columns, rows first .. end - 1.
void multiply_limbs(const PackedLimbs& a, const PackedWeights& b, const Epilogue& epilogue,
                    const Columns& columns, std::size_t first, std::size_t end) {
  const std::size_t most = std::min(kRowsAtOnce, end - first) * columns.count;
  const auto sums = std::make_unique_for_overwrite<std::int32_t[]>(3 * most);
  std::int32_t* const high = sums.get();
  std::int32_t* const mixed = high + most;
  std::int32_t* const other = mixed + most;
  for (std::size_t row = first; row < end; row += kRowsAtOnce) {
    const std::size_t rows = std::min(kRowsAtOnce, end - row);
    a.high.multiply(b.high, row, rows, high, columns.count);
    a.high.multiply(b.low, row, rows, mixed, columns.count);
    a.low.multiply(b.high, row, rows, other, columns.count);
    // Two sums of K products of at most 127 * 64 still fit: 131,072 * 2 * 127 * 64 < 2^31.
    add_sums(other, rows * columns.count, mixed);
    // acc = 128 * (128 * high + mixed); the factor 128 commutes with rounding to f32.
    epilogue.write_rows(row, rows, high, mixed, 128.0F, columns);
  }
}

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
  for_blocks(engine, a.rows(), b.rows(),
             [&](const Columns& columns, std::size_t row, std::size_t end) {
               multiply_limbs(packed, PackedWeights(packed, epilogue.ops, b, columns), epilogue,
                              columns, row, end);
             });
}

}  // namespace assay::compute::rx1
