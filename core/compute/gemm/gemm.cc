#include "core/compute/gemm/gemm.h"

#include <algorithm>
#include <bit>

#include "core/compute/cpu/igemm8.h"
#include "core/compute/gemm/gemm_inputs.h"
#include "core/compute/gemm/gemm_micro.h"
#include "core/compute/gemm/gemm_tape.h"

namespace assay::compute {
namespace {

// Rows of W that a thread makes and multiplies at a time: many, so that each is worth its packing,
// but several blocks for every thread.
constexpr std::uint64_t kColumnsAtOnceMin = 64, kColumnsAtOnceMax = 256;
constexpr std::uint64_t kBlocksPerThread = 4;

std::uint64_t columns_at_once(std::uint64_t cols, unsigned threads) {
  return std::clamp(cols / (kBlocksPerThread * threads) / kColumnsAtOnceMin * kColumnsAtOnceMin,
                    kColumnsAtOnceMin, kColumnsAtOnceMax);
}

// Making one weight by Philox costs a replay about as much as this many multiply-adds.
constexpr std::uint64_t kGenerateOps = 8;

Plan plan_of(const GemmParameters& p) {
  Plan plan;
  plan.shape = Shape::chained;
  plan.steps = p.steps;
  plan.reach = Reach::same_row;
  plan.rows = p.rows;
  plan.columns = p.cols;
  const std::uint64_t per_weight = p.rows + (p.philox ? kGenerateOps : 0);
  plan.step_ops = saturating_mul(saturating_mul(p.cols * p.cols, per_weight), p.gemms_per_step);
  plan.reference_cost = saturating_mul(plan.step_ops, plan.steps);
  plan.state_shape = gemm_state_shape(p.rows, p.cols);
  plan.result_bytes = p.rows * (p.cols + kScaleBytes);
  return plan;
}

class GemmProgram final : public Program, public DisputedSteps {
 public:
  GemmProgram(Plan plan, const GemmParameters& parameters, GemmTensors tensors)
      : Program(std::move(plan)), parameters_(parameters), tensors_(std::move(tensors)) {}

  Result<State> start(const Engine& engine) const override;
  Status advance(std::uint32_t step, State& state, const Engine& engine) const override;
  Result<Bytes> start_row(std::uint64_t row) const override;
  Result<Bytes> advance_row(std::uint32_t step, ByteView row_bytes) const override;
  Result<std::vector<Bytes>> advance_rows(std::uint32_t step, std::span<const Bytes> rows,
                                          const Engine& engine) const override;
  Result<std::vector<bool>> check_rows(std::uint32_t step, std::span<const std::uint64_t> rows,
                                       const OpenedStates& states,
                                       std::span<const std::uint64_t> columns,
                                       const Engine& engine) const override;
  Result<Artefact> artefact(ByteView result) const override;
  DeviceJob device_job() const override { return {.gemm = &parameters_, .tensors = &tensors_}; }

  Result<Tape> step_tape(std::uint32_t step) const override {
    return gemm_tape(plan(), parameters_, tensors_, step);
  }

 private:
  Status check_row(std::uint32_t step, ByteView row_bytes) const;
  void multiply_step(std::uint32_t step, State& state, const Engine& engine) const;
  void multiply(std::uint32_t j, State& state, std::vector<std::int32_t>& acc,
                const Engine& engine) const;
  void multiply_row(std::uint32_t j, std::span<std::int8_t> q, cpu::RowScale& scale) const;

  const GemmParameters parameters_;
  const GemmTensors tensors_;
};

cpu::RowScale start_scale(float scale) {
  return scale == 0 ? cpu::RowScale{} : cpu::split_scale(scale);
}

std::span<std::uint8_t> scale_of_row(State& state, std::uint64_t row) {
  return std::span(state[1].data).subspan(row * kScaleBytes, kScaleBytes);
}

Result<State> GemmProgram::start(const Engine& engine) const try {
  State state;
  for (const TensorShape& shape : plan().state_shape) {
    state.push_back({shape, Bytes(shape.bytes())});
  }
  engine.parallel_for(parameters_.rows, [&](std::uint64_t row) {
    const QuantMatrix x = tensors_.x_rows(row, 1, engine.level());
    const std::span<std::int8_t> q = as_s8(std::span(state[0].data));
    std::ranges::copy(x.q, q.begin() + static_cast<std::ptrdiff_t>(row * parameters_.cols));
    write_scale(start_scale(x.scale[0]), scale_of_row(state, row));
  });
  return state;
} catch (const std::bad_alloc&) {
  return fail(Code::inconclusive, "gemm: out of memory");
}

Status GemmProgram::advance(std::uint32_t step, State& state, const Engine& engine) const try {
  const Status valid = check_gemm_state(plan(), step, state);
  if (!valid.ok()) return valid;
  multiply_step(step, state, engine);
  return {};
} catch (const std::bad_alloc&) {
  return fail(Code::inconclusive, "gemm: out of memory");
}

// The GEMMs of a step, for all rows of a state or for some.
void GemmProgram::multiply_step(std::uint32_t step, State& state, const Engine& engine) const {
  std::vector<std::int32_t> acc(state[0].data.size());
  for (std::uint32_t r = 0; r < parameters_.gemms_per_step; ++r) {
    multiply((step - 1) * parameters_.gemms_per_step + r, state, acc, engine);
  }
}

void GemmProgram::multiply(std::uint32_t j, State& state, std::vector<std::int32_t>& acc,
                           const Engine& engine) const {
  const std::uint64_t cols = parameters_.cols, rows = state[0].data.size() / cols;
  const std::span<std::int8_t> q = as_s8(std::span(state[0].data));
  const cpu::PackedRows packed(engine, q, rows, cols);
  const std::uint64_t at_once = columns_at_once(cols, engine.threads());
  engine.parallel_for((cols + at_once - 1) / at_once, [&](std::uint64_t block) {
    const std::uint64_t first = block * at_once;
    const std::uint64_t count = std::min(at_once, cols - first);
    std::vector<std::int8_t> scratch;
    const std::int8_t* w = tensors_.w_rows(j, first, count, engine.level(), scratch);
    packed.multiply(w, count, acc.data() + first, cols);
  });
  const std::span<const float> sb = tensors_.w_scales(j);
  engine.parallel_for(rows, [&](std::uint64_t row) {
    const std::span<const std::int32_t> sums(acc.data() + row * cols, cols);
    const std::span<std::uint8_t> scale = scale_of_row(state, row);
    write_scale(
        cpu::requantize_row(sums, sb, read_scale(scale), q.data() + row * cols, engine.level()),
        scale);
  });
}

void GemmProgram::multiply_row(std::uint32_t j, std::span<std::int8_t> q,
                               cpu::RowScale& scale) const {
  const std::uint64_t cols = parameters_.cols;
  std::vector<std::int32_t> acc(cols);
  std::vector<std::int8_t> scratch;
  for (std::uint64_t first = 0; first < cols; first += kColumnsAtOnceMin) {
    const std::uint64_t count = std::min(kColumnsAtOnceMin, cols - first);
    const std::int8_t* w = tensors_.w_rows(j, first, count, CpuLevel::scalar, scratch);
    cpu::igemm8_scalar(q.data(), w, 1, count, cols, acc.data() + first, cols);
  }
  scale = cpu::requantize_row(acc, tensors_.w_scales(j), scale, q.data());
}

Result<Bytes> GemmProgram::start_row(std::uint64_t row) const {
  ASSAY_CHECK(row < parameters_.rows, "row beyond the plan");
  const QuantMatrix x = tensors_.x_rows(row, 1, CpuLevel::scalar);
  Bytes out(parameters_.cols + kScaleBytes);
  std::ranges::copy(x.q, as_s8(std::span(out)).begin());
  write_scale(start_scale(x.scale[0]), std::span(out).last(kScaleBytes));
  return out;
}

Status GemmProgram::check_row(std::uint32_t step, ByteView row_bytes) const {
  const std::uint64_t cols = parameters_.cols;
  if (step < 1 || step > parameters_.steps || row_bytes.size() != cols + kScaleBytes) {
    return fail(Code::malformed,
                "gemm: no such step, or a row of " + std::to_string(row_bytes.size()) + " bytes");
  }
  const Status valid =
      check_gemm_row(as_s8(row_bytes.first(cols)), read_scale(row_bytes.subspan(cols)), step == 1);
  if (!valid.ok()) return valid.error().in("gemm: row");
  return {};
}

Result<Bytes> GemmProgram::advance_row(std::uint32_t step, ByteView row_bytes) const {
  check_float_mode();
  if (Status valid = check_row(step, row_bytes); !valid.ok()) return valid.error();
  Bytes out = to_bytes(row_bytes);
  const std::span<std::int8_t> q = as_s8(std::span(out)).first(parameters_.cols);
  const std::span<std::uint8_t> scale_bytes = std::span(out).last(kScaleBytes);
  cpu::RowScale scale = read_scale(scale_bytes);
  for (std::uint32_t r = 0; r < parameters_.gemms_per_step; ++r) {
    multiply_row((step - 1) * parameters_.gemms_per_step + r, q, scale);
  }
  write_scale(scale, scale_bytes);
  return out;
}

Result<std::vector<Bytes>> GemmProgram::advance_rows(std::uint32_t step,
                                                     std::span<const Bytes> rows,
                                                     const Engine& engine) const try {
  State state;
  for (const TensorShape& shape : gemm_state_shape(rows.size(), parameters_.cols)) {
    state.push_back({shape, {}});
  }
  for (const Bytes& row : rows) {
    if (Status valid = check_row(step, row); !valid.ok()) return valid.error();
    append(state[0].data, ByteView(row).first(parameters_.cols));
    append(state[1].data, ByteView(row).subspan(parameters_.cols));
  }
  if (!rows.empty()) multiply_step(step, state, engine);
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(row_of_state(state, i));
  return out;
} catch (const std::bad_alloc&) {
  return fail(Code::inconclusive, "gemm: out of memory");
}

Result<std::vector<bool>> GemmProgram::check_rows(std::uint32_t step,
                                                  std::span<const std::uint64_t> rows,
                                                  const OpenedStates& states,
                                                  std::span<const std::uint64_t> columns,
                                                  const Engine& engine) const {
  if (step < 1 || step > parameters_.steps) {
    return fail(Code::malformed, "gemm: there is no step " + std::to_string(step));
  }
  std::vector<RowPair> pairs;
  for (const std::uint64_t row : rows) {
    Result<Bytes> before = states.row(step - 1, row);
    if (!before.ok()) return before.error();
    Result<Bytes> after = states.row(step, row);
    if (!after.ok()) return after.error();
    pairs.push_back({std::move(before).value(), std::move(after).value()});
  }
  return check_gemm_rows(parameters_, tensors_, step, pairs, columns, engine);
}

Result<Artefact> GemmProgram::artefact(ByteView result) const {
  const Result<State> state = state_from_bytes(plan().state_shape, result);
  if (!state.ok()) return state.error().in("gemm result");
  const Status valid = check_gemm_state(plan(), parameters_.steps, state.value());
  if (!valid.ok()) return valid.error().in("result");
  return Artefact{"result.npy", gemm_result_npy(state.value())};
}

}  // namespace

Result<std::unique_ptr<Program>> load_gemm(const wire::WorkloadSpec& spec,
                                           const InputSource& inputs, const Caps& caps) {
  check_float_mode();  // inputs are quantised here
  const Result<GemmParameters> parsed = parse_gemm_parameters(spec.parameters);
  if (!parsed.ok()) return parsed.error().in("gemm");
  const GemmParameters& parameters = parsed.value();
  Plan plan = plan_of(parameters);
  const Status allowed = check_caps(plan, caps);
  if (!allowed.ok()) return allowed.error().in("gemm");
  if (parameters.philox && !spec.inputs.empty()) {
    return fail(Code::malformed, "gemm: inputs are not used when weights is \"philox\"");
  }
  Result<GemmTensors> tensors = parameters.philox
                                    ? GemmTensors(parameters, spec.nonce)
                                    : GemmTensors::load(parameters, spec.inputs, inputs);
  if (!tensors.ok()) return tensors.error().in("gemm");
  return std::unique_ptr<Program>(
      std::make_unique<GemmProgram>(std::move(plan), parameters, std::move(tensors.value())));
}

}  // namespace assay::compute
