// Losses and gradients of both models against a reference in double and its finite differences.
#include <cmath>
#include <cstring>

#include "core/compute/train/layout.h"
#include "core/compute/train/mlp.h"
#include "core/compute/train/transformer.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"
#include "tests/core_rx1_ops/numbers.h"
#include "tests/core_train/reference.h"

namespace assay {
namespace {

using namespace compute;
using namespace compute::train;

constexpr double kStep = 1e-5;       // of the finite differences
constexpr double kTolerance = 2e-3;  // relative, of a tensor's gradient as a vector

std::vector<float> drawn(const std::vector<ParameterTensor>& layout, SeededRandom& random) {
  std::vector<float> out(layout.back().offset + layout.back().size());
  draw_parameters(layout, {7, 9}, Engine(), out);
  // Gains and biases start alike for all elements; make them all different.
  for (const ParameterTensor& tensor : layout) {
    const std::vector<float> noise = test::normal(random, tensor.size(), 0.2);
    for (std::size_t i = 0; i < noise.size(); ++i) out[tensor.offset + i] += noise[i];
  }
  return out;
}

std::vector<std::uint16_t> tokens(SeededRandom& random, std::size_t count, std::uint32_t vocab) {
  std::vector<std::uint16_t> out(count);
  for (std::uint16_t& token : out) token = static_cast<std::uint16_t>(random.below(vocab));
  return out;
}

// Every derivative, tensor by tensor.
template <class Loss>
void check_gradient(const std::vector<ParameterTensor>& layout, const std::vector<float>& at,
                    const std::vector<float>& gradient, const Loss& loss) {
  test::Doubles p(at.begin(), at.end());
  for (const ParameterTensor& tensor : layout) {
    std::vector<float> got;
    std::vector<double> want;
    for (std::uint64_t i = tensor.offset; i < tensor.offset + tensor.size(); ++i) {
      const double value = p[i];
      p[i] = value + kStep;
      const double above = loss(p);
      p[i] = value - kStep;
      want.push_back((above - loss(p)) / (2 * kStep));
      got.push_back(gradient[i]);
      p[i] = value;
    }
    const double error = test::relative_error(got, want);
    INFO(tensor.name << ": " << error);
    CHECK(error <= kTolerance);
  }
}

}  // namespace

TEST_CASE("transformer: loss and gradient are those of the reference") {
  const TransformerShape shapes[] = {
      {.vocab = 11, .hidden = 8, .layers = 2, .heads = 4, .kv_heads = 2, .ffn = 12, .sequence = 6},
      {.vocab = 5, .hidden = 12, .layers = 1, .heads = 2, .kv_heads = 2, .ffn = 7, .sequence = 9},
      {.vocab = 7,
       .hidden = 6,
       .layers = 1,
       .heads = 3,
       .kv_heads = 1,
       .ffn = 3,
       .sequence = 2,
       .rope_base = 100},
  };
  SeededRandom random(4711);
  for (const TransformerShape& shape : shapes) {
    TrainParameters parameters;
    parameters.transformer = shape;
    const std::vector<ParameterTensor> layout = layout_of(parameters);
    const std::vector<float> at = drawn(layout, random);
    const std::vector<std::uint16_t> windows =
        tokens(random, 3 * (shape.sequence + 1), shape.vocab);
    std::vector<float> gradient(at.size());
    const float loss = transformer_gradient(shape, windows, at, gradient, Engine());
    const auto reference = [&](const test::Doubles& p) {
      return test::transformer_loss(shape, windows, p);
    };
    CHECK(std::abs(static_cast<double>(loss) - reference({at.begin(), at.end()})) <= 1e-3);
    check_gradient(layout, at, gradient, reference);
  }
}

TEST_CASE("mlp: loss and gradient are those of the reference") {
  const MlpShape shapes[] = {
      {.widths = {5, 9, 7, 4}, .classify = true},
      {.widths = {5, 9, 3}, .classify = false},
      {.widths = {6, 2}, .classify = true},
      {.widths = {3, 1}, .classify = false},
  };
  constexpr std::size_t kBatch = 10;
  SeededRandom random(4712);
  for (const MlpShape& shape : shapes) {
    TrainParameters parameters;
    parameters.model = ModelKind::mlp;
    parameters.mlp = shape;
    const std::vector<ParameterTensor> layout = layout_of(parameters);
    const std::vector<float> at = drawn(layout, random);
    const std::vector<float> x = test::normal(random, kBatch * shape.widths.front());
    const std::vector<float> y = test::normal(random, kBatch * shape.widths.back());
    const std::vector<std::uint16_t> classes = tokens(random, kBatch, shape.widths.back());
    Numbers batch(x.size());
    std::copy(x.begin(), x.end(), batch.data());
    std::vector<float> gradient(at.size());
    const float loss = mlp_gradient(shape, std::move(batch), classes, y, at, gradient, Engine());
    const auto reference = [&](const test::Doubles& p) {
      return test::mlp_loss(shape, {x.begin(), x.end()}, classes, {y.begin(), y.end()}, p);
    };
    CHECK(std::abs(static_cast<double>(loss) - reference({at.begin(), at.end()})) <= 1e-3);
    check_gradient(layout, at, gradient, reference);
  }
}

// Odd sizes, and as many tokens as make several blocks of everything.
TEST_CASE("gradients are the same bits on every level and number of threads") {
  SeededRandom random(4713);
  TrainParameters parameters;
  parameters.transformer = {.vocab = 300,
                            .hidden = 36,
                            .layers = 2,
                            .heads = 6,
                            .kv_heads = 2,
                            .ffn = 101,
                            .sequence = 131};
  const TransformerShape& shape = parameters.transformer;
  const std::vector<ParameterTensor> layout = layout_of(parameters);
  const std::vector<float> at = drawn(layout, random);
  const std::vector<std::uint16_t> windows = tokens(random, 3 * (shape.sequence + 1), shape.vocab);
  std::vector<float> want(at.size());
  const float loss = transformer_gradient(shape, windows, at, want, Engine(CpuLevel::scalar));
  for (CpuLevel level : test::cpu_levels()) {
    for (unsigned threads = 1; threads <= 4; ++threads) {
      INFO(cpu_level_name(level) << ", " << threads);
      std::vector<float> gradient(at.size());
      const Engine engine(level, threads);
      CHECK(transformer_gradient(shape, windows, at, gradient, engine) == loss);
      CHECK(std::memcmp(gradient.data(), want.data(), want.size() * sizeof(float)) == 0);
    }
  }
}

}  // namespace assay
