#include "prover/misbehave_rows.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "core/compute/gemm/gemm_state.h"
#include "prover/bent_program.h"

namespace assay::prover {
namespace {

using compute::as_s8;
using compute::kScaleBytes;
using compute::cpu::RowScale;

// The rows of a gemm chain's state.
class Rows {
 public:
  explicit Rows(State& state)
      : state_(state), count_(state[0].shape.dims[0]), cols_(state[0].shape.dims[1]) {}

  std::uint64_t count() const { return count_; }
  std::uint64_t cols() const { return cols_; }
  std::span<std::int8_t> q(std::uint64_t row) {
    return as_s8(std::span(state_[0].data)).subspan(row * cols_, cols_);
  }
  RowScale scale(std::uint64_t row) {
    return compute::read_scale(ByteView(state_[1].data).subspan(row * kScaleBytes, kScaleBytes));
  }
  void set_scale(std::uint64_t row, RowScale scale) {
    compute::write_scale(scale, std::span(state_[1].data).subspan(row * kScaleBytes, kScaleBytes));
  }

 private:
  State& state_;
  std::uint64_t count_;
  std::uint64_t cols_;
};

bool has_gemm_rows(const Program& program) {
  const compute::StateShape& shape = program.plan().state_shape;
  return program.plan().columns > 0 && shape.size() == 2 && shape[0].dims.size() == 2;
}

using Reals = std::vector<double>;

double value_of(RowScale scale) {
  return scale.bits == 0 ? 0 : std::ldexp(double{std::bit_cast<float>(scale.bits)}, scale.exponent);
}

// What the step makes of 1 in one half of a row and 0 in the other: two rows of real work.
Result<std::array<Reals, 2>> answers_of(const Program& honest, std::uint32_t step,
                                        const Engine& engine) {
  State state;
  for (const compute::TensorShape& shape : honest.plan().state_shape) {
    state.push_back({shape, Bytes(shape.bytes())});
  }
  Rows rows(state);
  for (std::uint64_t half = 0; half < 2 && half < rows.count(); ++half) {
    for (std::uint64_t n = 0; n < rows.cols(); ++n) {
      rows.q(half)[n] = (n < rows.cols() / 2) == (half == 0) ? 127 : 0;
    }
    const bool empty = std::ranges::count(rows.q(half), 0) == std::ssize(rows.q(half));
    if (!empty) rows.set_scale(half, {0x3F800000, 0});  // 1 * 2^0
  }
  const Status moved = honest.advance(step, state, engine);
  if (!moved.ok()) return moved.error();
  std::array<Reals, 2> out;
  for (std::uint64_t half = 0; half < 2; ++half) {
    const std::uint64_t row = std::min(half, rows.count() - 1);
    for (const std::int8_t q : rows.q(row)) {
      out[half].push_back(q * value_of(rows.scale(row)) / 127);
    }
  }
  return out;
}

double mean(std::span<const std::int8_t> values) {
  double sum = 0;
  for (const std::int8_t value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

// y as a row that is well formed: its greatest value at 127, under the scale that goes with it.
RowScale quantise(const Reals& y, RowScale before, std::span<std::int8_t> q) {
  double most = 0;
  for (const double value : y) most = std::max(most, std::abs(value));
  const auto scale = static_cast<float>(most / 127 * double{std::bit_cast<float>(before.bits)});
  if (!(scale > 0)) {
    std::ranges::fill(q, std::int8_t{0});
    return {};
  }
  for (std::size_t n = 0; n < y.size(); ++n) {
    q[n] = static_cast<std::int8_t>(std::lround(y[n] / most * 127));
  }
  RowScale out = compute::cpu::split_scale(scale);
  out.exponent += before.exponent;
  return out;
}

void forge_rank_2(Rows& rows, const std::array<Reals, 2>& answers) {
  const std::uint64_t half = rows.cols() / 2;
  Reals y(rows.cols());
  for (std::uint64_t row = 0; row < rows.count(); ++row) {
    const double first = mean(rows.q(row).first(half));
    const double second = mean(rows.q(row).subspan(half));
    for (std::uint64_t n = 0; n < rows.cols(); ++n) {
      y[n] = first * answers[0][n] + second * answers[1][n];
    }
    rows.set_scale(row, quantise(y, rows.scale(row), rows.q(row)));
  }
}

void copy_columns(std::span<std::int8_t> q) {
  const std::size_t forged = std::max<std::size_t>(1, q.size() / 16);
  for (std::size_t n = q.size() - forged; n < q.size(); ++n) {
    q[n] = std::clamp<std::int8_t>(q[n - q.size() + forged], -126, 126);
  }
  // Where the greatest value was among the forged ones, another must look like it.
  const auto larger = [](std::int8_t a, std::int8_t b) { return std::abs(a) < std::abs(b); };
  std::int8_t& most = *std::ranges::max_element(q, larger);
  if (most != 0) most = static_cast<std::int8_t>(most < 0 ? -127 : 127);
}

}  // namespace

Cheat cheat_rank_2_forge() {
  return bending([](const CheatJob&, const Honest& honest) -> Bend {
    if (!has_gemm_rows(*honest)) return {};
    return {[=](std::uint32_t step, State& state, const Engine& engine) -> Status {
              const Result<std::array<Reals, 2>> answers = answers_of(*honest, step, engine);
              if (!answers.ok()) return answers.error();
              Rows rows(state);
              forge_rank_2(rows, answers.value());
              return {};
            },
            nullptr};
  });
}

Cheat cheat_forged_columns() {
  return bending([](const CheatJob&, const Honest& honest) -> Bend {
    if (!has_gemm_rows(*honest)) return {};
    return {[=](std::uint32_t step, State& state, const Engine& engine) {
              const Status moved = honest->advance(step, state, engine);
              if (!moved.ok()) return moved;
              Rows rows(state);
              for (std::uint64_t row = 0; row < rows.count(); ++row) copy_columns(rows.q(row));
              return moved;
            },
            nullptr};
  });
}

Cheat cheat_one_row_in_a_hundred() {
  return bending([](const CheatJob& job, const Honest& honest) -> Bend {
    if (!has_gemm_rows(*honest)) return {};
    return {[=, id = job.job](std::uint32_t step, State& state, const Engine& engine) {
              State before = state;
              const Status moved = honest->advance(step, state, engine);
              if (!moved.ok()) return moved;
              Rows old(before);
              Rows rows(state);
              const std::uint64_t count = rows.count();
              const std::uint64_t left_out = std::max<std::uint64_t>(1, count / 100);
              for (std::uint64_t i = 0; i < left_out; ++i) {
                const std::uint64_t row = (id.bytes[0] + step * id.bytes[1] + i) % count;
                // A row of the inputs need not have the form of a result: its neighbour's has.
                const std::uint64_t from = step == 1 ? (row + 1) % count : row;
                Rows& source = step == 1 ? rows : old;
                std::ranges::copy(source.q(from), rows.q(row).begin());
                rows.set_scale(row, source.scale(from));
              }
              return moved;
            },
            nullptr};
  });
}

}  // namespace assay::prover
