#include "core/compute/rx1/quantize.h"

#include "core/compute/cpu/requantize.h"
#include "core/compute/rx1/op_kernels.h"
#include "core/compute/rx1/row_math.h"

namespace assay::compute::rx1 {
namespace {

static_assert(kSmallestAmax == cpu::kSmallestAmax && kS16Limit == static_cast<float>(kLimbsMax));

constexpr std::size_t kSplitAtOnce = 1 << 16;

void quantize_row(const OpKernels& ops, const float* x, std::size_t width, float inv,
                  std::int8_t* q) {
  ops.quantize_s8(x, width, inv, q);
}

void quantize_row(const OpKernels& ops, const float* x, std::size_t width, float inv,
                  std::int16_t* q) {
  ops.quantize_s16(x, width, inv, kS16Limit, q);
}

template <class T>
void quantize(const Engine& engine, std::span<const float> x, std::size_t width, float limit,
              std::span<T> q, std::span<float> scale) {
  ASSAY_CHECK(width >= 1 && x.size() == scale.size() * width && q.size() == x.size(),
              "quantize_rows: rows of `width`, one scale each");
  const OpKernels& ops = op_kernels(engine.level());
  engine.parallel_for(scale.size(), [&](std::uint64_t row) {
    const float* from = x.data() + row * width;
    const RowQuantum quantum = row_quantum(ops.amax_bits(from, width), limit);
    quantize_row(ops, from, width, quantum.inv, q.data() + row * width);
    scale[row] = quantum.scale;
  });
}

}  // namespace

void quantize_rows(const Engine& engine, std::span<const float> x, std::size_t width,
                   std::span<std::int8_t> q, std::span<float> scale) {
  quantize(engine, x, width, kS8Limit, q, scale);
}

void quantize_rows(const Engine& engine, std::span<const float> x, std::size_t width,
                   std::span<std::int16_t> q, std::span<float> scale) {
  quantize(engine, x, width, kS16Limit, q, scale);
}

void split_rows(const Engine& engine, std::span<const std::int16_t> q, std::span<std::int8_t> high,
                std::span<std::int8_t> low) {
  ASSAY_CHECK(high.size() == q.size() && low.size() == q.size(), "split_rows: three of one size");
  const OpKernels& ops = op_kernels(engine.level());
  engine.parallel_for((q.size() + kSplitAtOnce - 1) / kSplitAtOnce, [&](std::uint64_t part) {
    const std::size_t first = part * kSplitAtOnce;
    const std::size_t count = q.size() - first < kSplitAtOnce ? q.size() - first : kSplitAtOnce;
    ops.split(q.data() + first, count, high.data() + first, low.data() + first);
  });
}

void dequantize_rows(const Engine& engine, std::span<const std::int32_t> acc,
                     std::span<const float> sa, std::span<const float> sb,
                     std::span<const float> bias, std::span<float> y) {
  ASSAY_CHECK(acc.size() == sa.size() * sb.size() && y.size() == acc.size() &&
                  (bias.empty() || bias.size() == sb.size()),
              "dequantize_rows: (M, N) sums, M and N scales");
  const OpKernels& ops = op_kernels(engine.level());
  const std::size_t width = sb.size();
  engine.parallel_for(sa.size(), [&](std::uint64_t row) {
    ops.dequantize(acc.data() + row * width, width, sa[row], sb.data(),
                   bias.empty() ? nullptr : bias.data(), y.data() + row * width);
  });
}

}  // namespace assay::compute::rx1
