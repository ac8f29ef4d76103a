// Cross entropy as operations: what training computes of a row at once.
#include <cstring>
#include <limits>

#include "core/base/random.h"
#include "core/compute/train/train_kernels.h"
#include "core/compute/train/train_tape.h"
#include "tests/catch.h"

namespace assay::test {
namespace {

using namespace compute;

constexpr float kFactor = 0.25F;
constexpr std::uint64_t kRows = 3;

struct Made {
  std::vector<float> losses, gradient;
  std::uint64_t largest_unit = 0;
};

std::vector<float> floats(const Tensor& tensor) {
  std::vector<float> out(tensor.data.size() / sizeof(float));
  std::memcpy(out.data(), tensor.data.data(), tensor.data.size());
  return out;
}

Made by_operations(const std::vector<float>& l, const std::vector<std::uint32_t>& target) {
  Tape tape;
  const Matrix logits = add_each(tape, "logits", kRows, l.size() / kRows, {},
                                 [&](std::uint64_t at, Operands&) { return l[at]; });
  const train::CrossEntropy entropy = train::cross_entropy(
      tape, logits, std::make_shared<const std::vector<std::uint32_t>>(target), kFactor);
  tape.state = {entropy.losses.ref, entropy.gradient.ref};
  tape.state_shape = {tape.shape(tape.state[0]), tape.shape(tape.state[1])};
  const Engine engine;
  TapeRun run(tape, {}, engine);
  const State state = run.state().value();
  Made out{floats(state[0]), floats(state[1])};
  for (const Operation& operation : tape.operations) {
    out.largest_unit = std::max(out.largest_unit, operation.unit);
  }
  return out;
}

Made at_once(const std::vector<float>& l, const std::vector<std::uint32_t>& target) {
  const train::TrainKernels& kernels = train::train_kernels(CpuLevel::scalar);
  const std::size_t width = l.size() / kRows;
  Made out{{}, l};
  for (std::size_t row = 0; row < kRows; ++row) {
    out.losses.push_back(
        kernels.cross_entropy(out.gradient.data() + row * width, width, target[row], kFactor));
  }
  return out;
}

// Bits, for NaN equals nothing.
bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

void check_logits(const std::vector<float>& l, const std::vector<std::uint32_t>& target) {
  const Made want = at_once(l, target), got = by_operations(l, target);
  CHECK(same_bits(got.losses, want.losses));
  CHECK(same_bits(got.gradient, want.gradient));
  CHECK(got.largest_unit == 1);
}

TEST_CASE("number by number, cross entropy and its gradient are those of training") {
  SeededRandom random(11);
  for (const std::uint64_t width : {1U, 2U, 127U, 128U, 129U, 1'000U, 4'100U, 65'536U}) {
    INFO("width " << width);
    std::vector<float> l(kRows * width);
    for (float& x : l) x = static_cast<float>(random.below(4'001)) / 100.0F - 20.0F;
    const auto last = static_cast<std::uint32_t>(width - 1);
    check_logits(l, {0, static_cast<std::uint32_t>(random.below(width)), last});
  }
}

TEST_CASE("numbers that overflow, or are none, come out as in training") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const float odd[] = {kInfinity, -kInfinity, kNan, -kNan, 3e38F, -3e38F, -0.0F, 1e-40F};
  for (const float x : odd) {
    for (const std::size_t at : {0U, 5U, 9U}) {
      INFO(x << " at " << at);
      std::vector<float> l(kRows * 10, 0.5F);
      l[10 + at] = x;
      check_logits(l, {5, 5, 5});
    }
  }
}

}  // namespace
}  // namespace assay::test
