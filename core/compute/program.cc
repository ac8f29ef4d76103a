#include "core/compute/program.h"

#include <algorithm>

namespace assay::compute {
namespace {

bool has_rows(const TensorShape& shape, std::uint64_t rows) {
  return !shape.dims.empty() && shape.dims[0] == rows;
}

Status check_cap(const char* what, std::uint64_t value, std::uint64_t max) {
  if (value <= max) return {};
  const std::string shown = value == UINT64_MAX ? "more than 2^64" : std::to_string(value);
  return fail(Code::malformed, std::string(what) + ": " + shown + " where at most " +
                                   std::to_string(max) + " is allowed");
}

}  // namespace

Status Program::advance(std::uint32_t, State&, const Engine&) const {
  return fail(Code::internal, "advance() of a program whose steps are independent");
}
Result<Tensor> Program::unit(std::uint32_t, const Engine&) const {
  return fail(Code::internal, "unit() of a program whose steps are chained");
}
TensorShape Program::unit_shape(std::uint32_t) const {
  ASSAY_CHECK(false, "unit_shape() of a program whose steps are chained");
  return {};
}
Result<Added> Program::append_step(std::uint32_t, std::span<const State>, const Engine&) const {
  return fail(Code::internal, "append_step() of a program whose steps are not appended");
}
Result<Added> Program::append_step_again(std::uint32_t step, std::span<const State> before,
                                         const State&, const Engine& engine) const {
  return append_step(step, before, engine);
}
Result<Tensor> Program::output_of(std::uint32_t, const State&) const {
  return fail(Code::internal, "output_of() of a program whose steps are not appended");
}
Result<std::vector<Pair>> Program::always(std::span<const State>) const {
  return std::vector<Pair>{};
}
Result<Bytes> Program::start_row(std::uint64_t) const {
  return fail(Code::internal, "start_row() of a program that is not row-local");
}
Result<Bytes> Program::advance_row(std::uint32_t, ByteView) const {
  return fail(Code::internal, "advance_row() of a program that is not row-local");
}
Result<std::vector<Bytes>> Program::advance_rows(std::uint32_t, std::span<const Bytes>,
                                                 const Engine&) const {
  return fail(Code::internal, "advance_rows() of a program that is not row-local");
}
Result<std::vector<bool>> Program::check_rows(std::uint32_t, std::span<const std::uint64_t>,
                                              const OpenedStates&, std::span<const std::uint64_t>,
                                              const Engine&) const {
  return fail(Code::internal, "check_rows() of a program whose rows cannot be checked alone");
}

std::uint64_t pair_count(const Plan& plan) {
  return plan.reach == Reach::none ? 0 : plan.steps * plan.rows;
}

Pair pair_at(const Plan& plan, std::uint64_t number) {
  ASSAY_CHECK(number < pair_count(plan), "pair beyond the plan");
  return {static_cast<std::uint32_t>(number / plan.rows) + 1, number % plan.rows};
}

std::vector<std::uint64_t> neighbours_of(const Plan& plan, std::uint64_t row) {
  const auto [z_size, y_size, x_size] = plan.grid;
  ASSAY_CHECK(
      plan.reach == Reach::neighbours && row < plan.rows && plan.rows == z_size * y_size * x_size,
      "no such brick");
  // The places along one axis, each once: a short axis closes on itself.
  const auto around = [&](std::uint64_t at, std::uint64_t size) {
    std::vector<std::uint64_t> out;
    if (2 * plan.halo + 1 >= size) {
      for (std::uint64_t i = 0; i < size; ++i) out.push_back(i);
      return out;
    }
    for (std::uint64_t i = 0; i <= 2 * plan.halo; ++i) {
      out.push_back((at + size - plan.halo + i) % size);
    }
    return out;
  };
  std::vector<std::uint64_t> out;
  for (const std::uint64_t z : around(row / (y_size * x_size), z_size)) {
    for (const std::uint64_t y : around(row / x_size % y_size, y_size)) {
      for (const std::uint64_t x : around(row % x_size, x_size)) {
        out.push_back((z * y_size + y) * x_size + x);
      }
    }
  }
  std::ranges::sort(out);
  return out;
}

std::vector<LeafRun> row_leaves(const Plan& plan, std::uint64_t row) {
  ASSAY_CHECK(row < plan.rows, "row beyond the plan");
  std::vector<LeafRun> out;
  for (std::size_t i = 0; i < plan.state_shape.size(); ++i) {
    const TensorShape& shape = plan.state_shape[i];
    if (!has_rows(shape, plan.rows)) continue;
    const std::uint64_t width = shape.bytes() / plan.rows;
    out.push_back(leaves_holding(plan.state_shape, i, row * width, width));
  }
  return out;
}

Result<Bytes> row_from_leaves(const Plan& plan, std::uint64_t row, std::span<const Bytes> leaves) {
  ASSAY_CHECK(row < plan.rows, "row beyond the plan");
  Bytes out;
  for (std::size_t i = 0; i < plan.state_shape.size(); ++i) {
    const TensorShape& shape = plan.state_shape[i];
    if (!has_rows(shape, plan.rows)) continue;
    const std::uint64_t width = shape.bytes() / plan.rows;
    const LeafRun run = leaves_holding(plan.state_shape, i, row * width, width);
    if (leaves.size() < run.count) {
      return fail(Code::malformed, "row " + std::to_string(row) + ": too few leaves");
    }
    Bytes data;
    for (std::uint64_t k = 0; k < run.count; ++k) {
      const std::size_t want = leaf_size(plan.state_shape, run.first + k);
      if (leaves[k].size() != want) {
        return fail(Code::malformed, "leaf " + std::to_string(run.first + k) + " has " +
                                         std::to_string(leaves[k].size()) + " bytes where " +
                                         std::to_string(want) + " are needed");
      }
      append(data, leaves[k]);
    }
    leaves = leaves.subspan(run.count);
    append(out, ByteView(data).subspan(row * width % kChunkBytes, width));
  }
  if (!leaves.empty()) {
    return fail(Code::malformed, "row " + std::to_string(row) + ": too many leaves");
  }
  return out;
}

Bytes row_of_state(const State& state, std::uint64_t row) {
  ASSAY_CHECK(!state.empty() && !state[0].shape.dims.empty(), "a state without rows");
  const std::uint64_t rows = state[0].shape.dims[0];
  ASSAY_CHECK(row < rows, "row beyond the state");
  Bytes out;
  for (const Tensor& tensor : state) {
    if (!has_rows(tensor.shape, rows)) continue;
    const std::uint64_t width = tensor.data.size() / rows;
    append(out, ByteView(tensor.data).subspan(row * width, width));
  }
  return out;
}

Bytes row_of_state_bytes(const Plan& plan, ByteView state, std::uint64_t row) {
  ASSAY_CHECK(row < plan.rows, "row beyond the plan");
  Bytes out;
  for (const TensorShape& shape : plan.state_shape) {
    ASSAY_CHECK(state.size() >= shape.bytes(), "a state of another shape");
    const std::uint64_t width = shape.bytes() / plan.rows;
    if (has_rows(shape, plan.rows)) append(out, state.subspan(row * width, width));
    state = state.subspan(shape.bytes());
  }
  return out;
}

std::uint64_t saturating_mul(std::uint64_t a, std::uint64_t b) {
  std::uint64_t out = 0;
  return __builtin_mul_overflow(a, b, &out) ? UINT64_MAX : out;
}

Status check_caps(const Plan& plan, const Caps& caps) {
  if (plan.steps < 1 || plan.steps > kStepsMax) {
    return fail(Code::malformed, "steps: " + std::to_string(plan.steps) + " is outside 1.." +
                                     std::to_string(kStepsMax));
  }
  std::uint64_t state_total = 0;
  for (const TensorShape& shape : plan.state_shape) {
    std::uint64_t bytes = dtype_bytes(shape.dtype);
    for (std::uint64_t dim : shape.dims) bytes = saturating_mul(bytes, dim);
    if (__builtin_add_overflow(state_total, bytes, &state_total)) state_total = UINT64_MAX;
  }
  Status status = check_cap("operations of a step", plan.step_ops, caps.step_ops_max);
  if (status.ok()) {
    status = check_cap("operations of the job", saturating_mul(plan.step_ops, plan.steps),
                       caps.job_ops_max);
  }
  if (status.ok()) status = check_cap("bytes of a state", state_total, caps.state_bytes_max);
  if (status.ok()) {
    status = check_cap("bytes of the result", plan.result_bytes, caps.result_bytes_max);
  }
  return status;
}

Digest job_seed(const Digest& nonce) {
  return sha256({as_bytes("assay/job-seed/v1\n"), nonce.view()});
}

Digest digest_of_outputs(std::span<const Digest> outputs) {
  std::vector<Digest> leaves;
  leaves.reserve(outputs.size());
  for (const Digest& output : outputs) leaves.push_back(leaf_hash(output.view()));
  return merkle_root(leaves);
}

Result<Digest> result_digest(const Program& program, ByteView result) {
  const Plan& plan = program.plan();
  if (plan.shape == Shape::chained) {
    const Result<State> state = state_from_bytes(plan.state_shape, result);
    if (!state.ok()) return state.error().in("result");
    return state_digest(state.value());
  }
  std::vector<Digest> outputs;
  for (std::uint32_t step = 1; step <= plan.steps; ++step) {
    const TensorShape shape = program.unit_shape(step);
    if (result.size() < shape.bytes()) break;
    const ByteView data = result.first(shape.bytes());
    result = result.subspan(data.size());
    outputs.push_back(state_digest({Tensor{shape, to_bytes(data)}}));
  }
  if (outputs.size() != plan.steps || !result.empty()) {
    return fail(Code::malformed, "result: not exactly the " + std::to_string(plan.result_bytes) +
                                     " bytes of its " + std::to_string(plan.steps) + " outputs");
  }
  return digest_of_outputs(outputs);
}

}  // namespace assay::compute
