#include "core/compute/train/train.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "core/compute/rx1/float_ops.h"
#include "core/compute/rx1/sum.h"
#include "core/compute/train/model.h"
#include "core/compute/train/model_file.h"
#include "core/compute/train/optimiser.h"
#include "core/compute/train/train_tape.h"
#include "core/compute/train/trainer.h"

namespace assay::compute {
namespace {

using namespace train;

constexpr float kLossMax = 0x1.fffffep127F;

std::vector<float> floats(ByteView bytes) {
  std::vector<float> out(bytes.size() / sizeof(float));
  if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

// Whether all values of a tensor are finite, and without sign where they may have none.
bool in_range(ByteView data, bool signs, const Engine& engine) {
  std::atomic<bool> good = true;
  for_parts(engine, data.size() / sizeof(float), [&](std::size_t first, std::size_t count) {
    const BitsSeen seen =
        train_kernels(engine.level()).look(data.data() + first * sizeof(float), count);
    const bool finite = static_cast<std::uint32_t>(seen.most) < rx1::kInfinityBits;
    if (!finite || (seen.negative && !signs)) good = false;
  });
  return good;
}

class CpuTrainer final : public Trainer {
 public:
  CpuTrainer(const TrainParameters& parameters, const std::vector<ParameterTensor>& layout,
             const Model& model)
      : parameters_(parameters), layout_(layout), model_(model) {}

  Result<float> gradient(std::uint32_t step, ByteView bytes, const Engine& engine) override {
    const std::vector<float> parameters = floats(bytes);
    gradient_ = Numbers(parameters.size());
    return model_.gradient(step, parameters, gradient_, engine);
  }
  Result<float> square(const Engine& engine) override {
    return rx1::sum_of_squares(gradient_, engine.level());
  }
  Status move(std::uint32_t step, float square, const Moved& state, const Engine& engine) override {
    update(parameters_, layout_, step, gradient_, square, state, engine);
    return {};
  }

 private:
  const TrainParameters& parameters_;
  const std::vector<ParameterTensor>& layout_;
  const Model& model_;
  Numbers gradient_;
};

class TrainProgram final : public Program, public TrainJob, public DisputedSteps {
 public:
  TrainProgram(Plan plan, TrainParameters parameters, PhiloxKey key, TrainData data)
      : Program(std::move(plan)),
        parameters_(std::move(parameters)),
        layout_(layout_of(parameters_)),
        key_(key),
        data_(std::move(data)),
        model_(parameters_.model == ModelKind::transformer
                   ? make_transformer(parameters_, key_, data_)
                   : make_mlp(parameters_, key_, data_)) {}

  Result<State> start(const Engine& engine) const override;
  Status advance(std::uint32_t step, State& state, const Engine& engine) const override {
    CpuTrainer trainer(parameters_, layout_, *model_);
    return advance_by(trainer, step, state, engine);
  }
  Result<Artefact> artefact(ByteView result) const override;

  Result<Tape> step_tape(std::uint32_t step) const override {
    return train_tape({plan().state_shape, parameters_, layout_, key_, data_}, step);
  }

  DeviceJob device_job() const override { return {.train = this}; }
  const TrainParameters& parameters() const override { return parameters_; }
  const std::vector<ParameterTensor>& layout() const override { return layout_; }
  const TrainData& data() const override { return data_; }
  PhiloxKey key() const override { return key_; }
  Status advance_by(Trainer& trainer, std::uint32_t step, State& state,
                    const Engine& engine) const override;
  Status check_state(std::uint32_t done, const State& state, const Engine& engine) const override;

 private:
  // One step of the optimiser.
  Status optimise(Trainer& trainer, std::uint32_t step, State& state, const Engine& engine) const;

  const TrainParameters parameters_;
  const std::vector<ParameterTensor> layout_;
  const PhiloxKey key_;
  const TrainData data_;
  const std::unique_ptr<Model> model_;
};

Result<State> TrainProgram::start(const Engine& engine) const try {
  State state;
  for (const TensorShape& shape : plan().state_shape) {
    state.push_back({shape, Bytes(shape.bytes())});
  }
  Numbers parameters(plan().state_shape[0].elements());
  if (data_.checkpoint.size() > 0) {
    std::memcpy(parameters.data(), data_.checkpoint.data(), state[0].data.size());
  } else {
    draw_parameters(layout_, key_, engine, parameters);
  }
  std::memcpy(state[0].data.data(), parameters.data(), state[0].data.size());
  return state;
} catch (const std::bad_alloc&) {
  return fail(Code::inconclusive, "train: out of memory");
}

Status TrainProgram::check_state(std::uint32_t done, const State& state,
                                 const Engine& engine) const {
  if (shape_of(state) != plan().state_shape) {
    return fail(Code::malformed, "train: a state of another shape");
  }
  for (std::size_t i = 0; i < state.size(); ++i) {
    const bool losses = i + 1 == state.size();
    if (!in_range(state[i].data, !losses && i < 2, engine)) {
      return fail(Code::malformed,
                  "train: tensor " + std::to_string(i) +
                      " has a value that is not finite, or negative where none may be");
    }
  }
  const std::size_t made = std::size_t{done} * parameters_.steps_per_commit;
  const ByteView to_come = ByteView(state.back().data).subspan(made * sizeof(float));
  if (std::ranges::any_of(to_come, [](std::uint8_t byte) { return byte != 0; })) {
    return fail(Code::malformed, "train: a loss of a step that was not yet made");
  }
  return {};
}

Status TrainProgram::advance_by(Trainer& trainer, std::uint32_t step, State& state,
                                const Engine& engine) const try {
  if (step < 1 || step > plan().steps) {
    return fail(Code::malformed, "train: no step " + std::to_string(step));
  }
  if (Status valid = check_state(step - 1, state, engine); !valid.ok()) return valid;
  const std::uint32_t last = step * parameters_.steps_per_commit;
  for (std::uint32_t s = last - parameters_.steps_per_commit + 1; s <= last; ++s) {
    if (Status made = optimise(trainer, s, state, engine); !made.ok()) return made;
  }
  return {};
} catch (const std::bad_alloc&) {
  return fail(Code::inconclusive, "train: out of memory");
}

Status TrainProgram::optimise(Trainer& trainer, std::uint32_t step, State& state,
                              const Engine& engine) const {
  const Result<float> computed = trainer.gradient(step, state[0].data, engine);
  if (!computed.ok()) return computed.error();
  const Result<float> square = trainer.square(engine);
  if (!square.ok()) return square.error();
  const float loss = computed.value();
  const bool finite = (rx1::bits(loss) & rx1::kAbsMask) < rx1::kInfinityBits;
  if (finite && square.value() <= kSquareMax) {
    const std::span<std::uint8_t> none;
    const std::size_t moments = state.size() - 2;
    const Status moved =
        trainer.move(step, square.value(),
                     {state[0].data, moments > 0 ? std::span<std::uint8_t>(state[1].data) : none,
                      moments > 1 ? std::span<std::uint8_t>(state[2].data) : none},
                     engine);
    if (!moved.ok()) return moved;
  }
  const float written = finite ? rx1::add(rx1::max(loss, 0.0F), 0.0F) : kLossMax;
  std::memcpy(state.back().data.data() + (step - 1) * sizeof written, &written, sizeof written);
  return {};
}

Result<Artefact> TrainProgram::artefact(ByteView result) const {
  const Result<State> state = state_from_bytes(plan().state_shape, result);
  if (!state.ok()) return state.error().in("train result");
  const Status valid = check_state(plan().steps, state.value(), Engine());
  if (!valid.ok()) return valid.error().in("result");
  const std::vector<float> losses = floats(state.value().back().data);
  return Artefact{"model.safetensors", write_model(layout_, state.value()[0].data, losses)};
}

}  // namespace

Result<std::unique_ptr<Program>> load_train(const wire::WorkloadSpec& spec,
                                            const InputSource& inputs, const Caps& caps) {
  check_float_mode();  // examples are drawn here
  Result<TrainParameters> parsed = parse_train_parameters(spec.parameters);
  if (!parsed.ok()) return parsed.error().in("train");
  TrainParameters& parameters = parsed.value();
  Plan plan = plan_of(parameters);
  if (const Status allowed = check_caps(plan, caps); !allowed.ok()) {
    return allowed.error().in("train");
  }
  if (const Status allowed = check_train_caps(parameters, caps); !allowed.ok()) {
    return allowed.error().in("train");
  }
  Result<TrainData> data = load_train_data(parameters, spec, inputs);
  if (!data.ok()) return data.error().in("train");
  return std::unique_ptr<Program>(
      std::make_unique<TrainProgram>(std::move(plan), std::move(parameters),
                                     philox_key(job_seed(spec.nonce)), std::move(data.value())));
}

}  // namespace assay::compute
