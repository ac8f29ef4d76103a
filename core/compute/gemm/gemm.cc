#include "core/compute/gemm/gemm.h"

#include <algorithm>
#include <bit>
#include <mutex>

#include "core/compute/cpu/igemm8.h"
#include "core/compute/gemm/gemm_inputs.h"

namespace assay::compute {
namespace {

// Weights a thread makes and multiplies at a time.
constexpr std::uint64_t kColumnsAtOnce = 64;
// Largest generated W that advance_row() keeps, so that following several rows makes it once.
constexpr std::uint64_t kKeptWeightsMax = std::uint64_t{64} << 20;
// Making one weight by Philox costs a replay about as much as this many multiply-adds.
constexpr std::uint64_t kGenerateOps = 8;

Plan plan_of(const GemmParameters& p) {
  Plan plan;
  plan.shape = Shape::chained;
  plan.steps = p.steps;
  plan.rows = p.rows;
  const std::uint64_t per_weight = p.rows + (p.philox ? kGenerateOps : 0);
  plan.step_ops = saturating_mul(saturating_mul(p.cols * p.cols, per_weight), p.gemms_per_step);
  plan.reference_cost = saturating_mul(plan.step_ops, plan.steps);
  plan.state_shape = gemm_state_shape(p.rows, p.cols);
  plan.result_bytes = p.rows * (p.cols + kScaleBytes);
  return plan;
}

class GemmProgram final : public Program {
 public:
  GemmProgram(Plan plan, const GemmParameters& parameters, GemmTensors tensors)
      : Program(std::move(plan)), parameters_(parameters), tensors_(std::move(tensors)) {}

  Result<State> start(const Engine& engine) const override;
  Status advance(std::uint32_t step, State& state, const Engine& engine) const override;
  Result<Bytes> start_row(std::uint64_t row) const override;
  Result<Bytes> advance_row(std::uint32_t step, ByteView row_bytes) const override;
  Result<Artefact> artefact(ByteView result) const override;
  DeviceJob device_job() const override { return {&parameters_, &tensors_, nullptr}; }

 private:
  Status check_state(std::uint32_t step, const State& state) const;
  void multiply(std::uint32_t j, State& state, std::vector<std::int32_t>& acc,
                const Engine& engine) const;
  void multiply_row(std::uint32_t j, std::span<std::int8_t> q, cpu::RowScale& scale) const;
  std::shared_ptr<const std::vector<std::int8_t>> kept_weights(std::uint32_t j) const;

  const GemmParameters parameters_;
  const GemmTensors tensors_;

  mutable std::mutex mutex_;  // guards kept_ and kept_j_
  mutable std::shared_ptr<const std::vector<std::int8_t>> kept_;
  mutable std::uint32_t kept_j_ = 0;
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

Status GemmProgram::check_state(std::uint32_t step, const State& state) const {
  if (step < 1 || step > parameters_.steps || shape_of(state) != plan().state_shape) {
    return fail(Code::malformed, "gemm: no such step, or a state of another shape");
  }
  const std::span<const std::int8_t> q = as_s8(ByteView(state[0].data));
  for (std::uint64_t row = 0; row < parameters_.rows; ++row) {
    const ByteView scale = ByteView(state[1].data).subspan(row * kScaleBytes, kScaleBytes);
    const Status status = check_gemm_row(q.subspan(row * parameters_.cols, parameters_.cols),
                                         read_scale(scale), step == 1);
    if (!status.ok()) return status.error().in("gemm: row " + std::to_string(row));
  }
  return {};
}

Status GemmProgram::advance(std::uint32_t step, State& state, const Engine& engine) const try {
  const Status valid = check_state(step, state);
  if (!valid.ok()) return valid;
  std::vector<std::int32_t> acc(parameters_.rows * parameters_.cols);
  for (std::uint32_t r = 0; r < parameters_.gemms_per_step; ++r) {
    multiply((step - 1) * parameters_.gemms_per_step + r, state, acc, engine);
  }
  return {};
} catch (const std::bad_alloc&) {
  return fail(Code::inconclusive, "gemm: out of memory");
}

void GemmProgram::multiply(std::uint32_t j, State& state, std::vector<std::int32_t>& acc,
                           const Engine& engine) const {
  const std::uint64_t rows = parameters_.rows, cols = parameters_.cols;
  const std::span<std::int8_t> q = as_s8(std::span(state[0].data));
  const cpu::PackedRows packed(engine, q, rows, cols);
  engine.parallel_for((cols + kColumnsAtOnce - 1) / kColumnsAtOnce, [&](std::uint64_t block) {
    const std::uint64_t first = block * kColumnsAtOnce;
    const std::uint64_t count = std::min(kColumnsAtOnce, cols - first);
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

std::shared_ptr<const std::vector<std::int8_t>> GemmProgram::kept_weights(std::uint32_t j) const {
  const std::uint64_t cols = parameters_.cols;
  if (!tensors_.generated() || cols * cols > kKeptWeightsMax) return nullptr;
  const std::lock_guard lock(mutex_);
  if (kept_ == nullptr || kept_j_ != j) {
    auto made = std::make_shared<std::vector<std::int8_t>>();
    tensors_.w_rows(j, 0, cols, CpuLevel::scalar, *made);
    kept_ = std::move(made);
    kept_j_ = j;
  }
  return kept_;
}

void GemmProgram::multiply_row(std::uint32_t j, std::span<std::int8_t> q,
                               cpu::RowScale& scale) const {
  const std::uint64_t cols = parameters_.cols;
  const std::shared_ptr<const std::vector<std::int8_t>> kept = kept_weights(j);
  std::vector<std::int32_t> acc(cols);
  std::vector<std::int8_t> scratch;
  for (std::uint64_t first = 0; first < cols; first += kColumnsAtOnce) {
    const std::uint64_t count = std::min(kColumnsAtOnce, cols - first);
    const std::int8_t* w = kept != nullptr
                               ? kept->data() + first * cols
                               : tensors_.w_rows(j, first, count, CpuLevel::scalar, scratch);
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

Result<Bytes> GemmProgram::advance_row(std::uint32_t step, ByteView row_bytes) const {
  check_float_mode();
  const std::uint64_t cols = parameters_.cols;
  if (step < 1 || step > parameters_.steps || row_bytes.size() != cols + kScaleBytes) {
    return fail(Code::malformed,
                "gemm: no such step, or a row of " + std::to_string(row_bytes.size()) + " bytes");
  }
  Bytes out = to_bytes(row_bytes);
  const std::span<std::int8_t> q = as_s8(std::span(out)).first(cols);
  const std::span<std::uint8_t> scale_bytes = std::span(out).last(kScaleBytes);
  cpu::RowScale scale = read_scale(scale_bytes);
  const Status valid = check_gemm_row(q, scale, step == 1);
  if (!valid.ok()) return valid.error().in("gemm: row");
  for (std::uint32_t r = 0; r < parameters_.gemms_per_step; ++r) {
    multiply_row((step - 1) * parameters_.gemms_per_step + r, q, scale);
  }
  write_scale(scale, scale_bytes);
  return out;
}

Result<Artefact> GemmProgram::artefact(ByteView result) const {
  const Result<State> state = state_from_bytes(plan().state_shape, result);
  if (!state.ok()) return state.error().in("gemm result");
  const Status valid = check_state(parameters_.steps, state.value());
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
