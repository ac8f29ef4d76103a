#include "core/compute/train/products.h"

#include <emmintrin.h>

#include <algorithm>
#include <cstring>

#include "core/compute/rx1/quantize.h"
#include "core/compute/rx1/sum.h"
#include "core/compute/train/train_kernels.h"

namespace assay::compute::train {
namespace {

constexpr std::size_t kQuad = 4;
constexpr std::size_t kColumnsAtOnce = 64;  // of a transposition or of column sums, by one thread
constexpr std::size_t kRowsAtOnce = 32;     // before the next quad of columns: whole cache lines

void transpose_quad(const float* x, std::size_t stride, float* y, std::size_t y_stride) {
  __m128 r0 = _mm_loadu_ps(x), r1 = _mm_loadu_ps(x + stride);
  __m128 r2 = _mm_loadu_ps(x + 2 * stride), r3 = _mm_loadu_ps(x + 3 * stride);
  _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
  _mm_storeu_ps(y, r0);
  _mm_storeu_ps(y + y_stride, r1);
  _mm_storeu_ps(y + 2 * y_stride, r2);
  _mm_storeu_ps(y + 3 * y_stride, r3);
}

// y, whose rows begin y_stride apart.
void transpose_part(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
                    float* y, std::size_t y_stride) {
  const std::size_t whole_rows = rows - rows % kQuad, whole_columns = columns - columns % kQuad;
  for (std::size_t first = 0; first < whole_rows; first += kRowsAtOnce) {
    const std::size_t end = std::min(first + kRowsAtOnce, whole_rows);
    for (std::size_t c = 0; c < whole_columns; c += kQuad) {
      for (std::size_t r = first; r < end; r += kQuad) {
        transpose_quad(x + r * stride + c, stride, y + c * y_stride + r, y_stride);
      }
    }
  }
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = r < whole_rows ? whole_columns : 0; c < columns; ++c) {
      y[c * y_stride + r] = x[r * stride + c];
    }
  }
}

}  // namespace

const TrainKernels& train_kernels(CpuLevel level) {
  switch (level) {
    case CpuLevel::scalar: return kScalarTrain;
    case CpuLevel::sse2: return kSse2Train;
    case CpuLevel::avx2: return kAvx2Train;
    case CpuLevel::avx512: return kAvx512Train;
  }
  return kScalarTrain;
}

Rows::Rows(const Engine& engine, std::span<const float> x, std::size_t width)
    : size_(x.size()),
      count_(x.size() / width),
      q_(std::make_unique_for_overwrite<std::int16_t[]>(size_)),
      scale_(std::make_unique_for_overwrite<float[]>(count_)) {
  rx1::quantize_rows(engine, x, width, {q_.get(), size_}, {scale_.get(), count_});
}

void multiply(const Engine& engine, const Rows& a, const Rows& b, std::span<float> y,
              std::span<const float> bias) {
  rx1::gemm_a16w16(engine, a.view(), b.view(), bias, y);
}

Numbers multiply(const Engine& engine, const Rows& a, const Rows& b) {
  Numbers y(a.rows() * b.rows());
  multiply(engine, a, b, y);
  return y;
}

void transpose(const float* x, std::size_t stride, std::size_t rows, std::size_t columns,
               float* y) {
  transpose_part(x, stride, rows, columns, y, rows);
}

Numbers transposed(const Engine& engine, std::span<const float> x, std::size_t columns) {
  Numbers y(x.size());
  const std::size_t rows = x.size() / columns;
  engine.parallel_for((columns + kColumnsAtOnce - 1) / kColumnsAtOnce, [&](std::uint64_t part) {
    const std::size_t first = part * kColumnsAtOnce;
    transpose_part(x.data() + first, columns, rows, std::min(kColumnsAtOnce, columns - first),
                   y.data() + first * rows, rows);
  });
  return y;
}

Rows transposed_rows(const Engine& engine, std::span<const float> x, std::size_t columns) {
  return Rows(engine, transposed(engine, x, columns), x.size() / columns);
}

void column_sums(const Engine& engine, std::span<const float> x, std::span<float> out) {
  const std::size_t columns = out.size();
  const std::size_t rows = x.size() / columns;
  ASSAY_CHECK(x.size() == rows * columns && rows <= rx1::kSegment, "column_sums: one segment");
  const TrainKernels& kernels = train_kernels(engine.level());
  engine.parallel_for((columns + kColumnsAtOnce - 1) / kColumnsAtOnce, [&](std::uint64_t part) {
    const std::size_t first = part * kColumnsAtOnce;
    const std::size_t count = std::min(kColumnsAtOnce, columns - first);
    // Lane l of all columns side by side; those beyond the rows would only add +0.
    float lanes[rx1::kLanes][kColumnsAtOnce] = {};
    for (std::size_t r = 0; r < rows; ++r) {
      kernels.accumulate(x.data() + r * columns + first, count, lanes[r % rx1::kLanes]);
    }
    for (std::size_t stride = rx1::kLanes / 2; stride > 0; stride /= 2) {
      for (std::size_t l = 0; l < std::min(stride, rows); ++l) {
        kernels.accumulate(lanes[l + stride], count, lanes[l]);
      }
    }
    std::copy(lanes[0], lanes[0] + count, out.begin() + static_cast<std::ptrdiff_t>(first));
  });
}

}  // namespace assay::compute::train
