#include "core/compute/rx1/layer_ops.h"

#include <algorithm>

#include "core/compute/rx1/op_kernels.h"
#include "core/compute/rx1/row_math.h"
#include "core/compute/rx1/sum.h"

namespace assay::compute::rx1 {
namespace {

constexpr std::size_t kWidthMax = std::size_t{1} << 24;
constexpr std::size_t kElementsAtOnce = 1 << 14;

// body(first, count) over parts of [0, size), on all threads.
template <class Body>
void for_parts(const Engine& engine, std::size_t size, const Body& body) {
  engine.parallel_for((size + kElementsAtOnce - 1) / kElementsAtOnce, [&](std::uint64_t part) {
    const std::size_t first = part * kElementsAtOnce;
    body(first, std::min(kElementsAtOnce, size - first));
  });
}

}  // namespace

void rms_norm(const Engine& engine, std::span<const float> x, std::span<const float> gain,
              float epsilon, std::span<float> y) {
  const std::size_t width = gain.size();
  ASSAY_CHECK(width >= 1 && width <= kWidthMax && x.size() % width == 0 && y.size() == x.size(),
              "rms_norm: rows of as many elements as the gain");
  const OpKernels& ops = op_kernels(engine.level());
  const float elements = from_s32(static_cast<std::int32_t>(width));
  engine.parallel_for(x.size() / width, [&](std::uint64_t row) {
    const std::span<const float> from = x.subspan(row * width, width);
    const float mean = div(sum_of_squares(from, engine.level()), elements);
    const float inverse_rms = div(1.0F, sqrt(add(mean, epsilon)));
    ops.normalize(from.data(), gain.data(), width, inverse_rms, y.data() + row * width);
  });
}

void swiglu(const Engine& engine, std::span<const float> gate, std::span<const float> up,
            std::span<float> y) {
  ASSAY_CHECK(up.size() == gate.size() && y.size() == gate.size(), "swiglu: three of one size");
  const OpKernels& ops = op_kernels(engine.level());
  for_parts(engine, y.size(), [&](std::size_t first, std::size_t count) {
    ops.swiglu(gate.data() + first, up.data() + first, count, y.data() + first);
  });
}

void add_residual(const Engine& engine, std::span<const float> x, std::span<const float> residual,
                  std::span<float> y) {
  ASSAY_CHECK(residual.size() == x.size() && y.size() == x.size(),
              "add_residual: three of one size");
  const OpKernels& ops = op_kernels(engine.level());
  for_parts(engine, y.size(), [&](std::size_t first, std::size_t count) {
    ops.add_rows(x.data() + first, residual.data() + first, count, y.data() + first);
  });
}

void embed(const Engine& engine, std::span<const std::int8_t> q, std::span<const float> scale,
           std::span<const std::uint32_t> tokens, std::span<float> y) {
  const std::size_t width = scale.empty() ? 0 : q.size() / scale.size();
  ASSAY_CHECK(width >= 1 && q.size() == scale.size() * width && y.size() == tokens.size() * width,
              "embed: a table of rows with a scale each, and a row for every token");
  const OpKernels& ops = op_kernels(engine.level());
  engine.parallel_for(tokens.size(), [&](std::uint64_t i) {
    const std::size_t token = tokens[i];
    ASSAY_CHECK(token < scale.size(), "embed: a token beyond the vocabulary");
    ops.embed(q.data() + token * width, width, scale[token], y.data() + i * width);
  });
}

}  // namespace assay::compute::rx1
