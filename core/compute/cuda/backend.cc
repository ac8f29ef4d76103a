#include "core/compute/cuda/backend.h"

#include "core/compute/cuda/render_tiles.h"
#include "core/compute/gemm/gemm_inputs.h"
#include "core/compute/gemm/gemm_state.h"
#include "core/compute/render/job.h"

namespace assay::compute::cuda {

GemmWork gemm_work(const DeviceJob& job) {
  GemmWork work;
  work.rows = job.gemm->rows;
  work.cols = job.gemm->cols;
  work.gemms_per_step = job.gemm->gemms_per_step;
  work.key = job.tensors->key();
  std::vector<std::int8_t> unused;
  for (std::uint32_t j = 0; j < job.tensors->loaded_weights(); ++j) {
    work.weights.push_back(job.tensors->w_rows(j, 0, work.cols, CpuLevel::scalar, unused));
    work.scales.push_back(job.tensors->w_scales(j));
  }
  if (work.weights.empty()) work.scales.push_back(job.tensors->w_scales(0));
  return work;
}

namespace {

class DeviceProgram final : public Program {
 public:
  DeviceProgram(std::shared_ptr<const Program> program, std::shared_ptr<const Device> device)
      : Program(program->plan()), program_(std::move(program)), device_(std::move(device)) {}

  ~DeviceProgram() override {
    const auto turn = device_->lock();
    chain_.reset();
    tiles_.reset();
  }
  DeviceProgram(const DeviceProgram&) = delete;
  DeviceProgram& operator=(const DeviceProgram&) = delete;

  Status open() {
    const auto turn = device_->lock();
    const DeviceJob job = program_->device_job();
    if (job.gemm != nullptr) {
      Result<std::unique_ptr<GemmChain>> chain = GemmChain::open(*device_, gemm_work(job));
      if (!chain.ok()) return chain.error();
      chain_ = std::move(chain).value();
    } else if (job.render != nullptr) {
      Result<std::unique_ptr<RenderTiles>> tiles =
          RenderTiles::open(*device_, job.render->world, job.render->picture, job.render->key);
      if (!tiles.ok()) return tiles.error();
      tiles_ = std::move(tiles).value();
    }
    return {};
  }

  Result<State> start(const Engine& engine) const override { return program_->start(engine); }

  Status advance(std::uint32_t step, State& state, const Engine& engine) const override {
    if (chain_ == nullptr) return program_->advance(step, state, engine);
    const Status valid = check_gemm_state(plan(), step, state);
    if (!valid.ok()) return valid;
    const auto turn = device_->lock();
    Status status = chain_->load(state[0].data, state[1].data);
    if (status.ok()) status = chain_->advance(step);
    return status.ok() ? chain_->store(state[0].data, state[1].data) : status;
  }

  Result<Tensor> unit(std::uint32_t step, const Engine& engine) const override {
    const render::Job* job = program_->device_job().render;
    if (tiles_ == nullptr || job == nullptr) return program_->unit(step, engine);
    const auto turn = device_->lock();
    Result<Bytes> film = tiles_->tile(step, render::tile_at(job->picture, step));
    if (!film.ok()) return film.error();
    return Tensor{program_->unit_shape(step), std::move(film).value()};
  }
  TensorShape unit_shape(std::uint32_t step) const override { return program_->unit_shape(step); }

  Result<Bytes> start_row(std::uint64_t row) const override { return program_->start_row(row); }
  Result<Bytes> advance_row(std::uint32_t step, ByteView row) const override {
    return program_->advance_row(step, row);
  }
  Result<std::vector<Bytes>> advance_rows(std::uint32_t step, std::span<const Bytes> rows,
                                          const Engine& engine) const override {
    return program_->advance_rows(step, rows, engine);
  }
  Result<std::vector<bool>> check_rows(std::uint32_t step, std::span<const std::uint64_t> rows,
                                       const OpenedStates& states,
                                       std::span<const std::uint64_t> columns,
                                       const Engine& engine) const override {
    return program_->check_rows(step, rows, states, columns, engine);
  }
  Result<Added> append_step(std::uint32_t step, std::span<const State> before,
                            const Engine& engine) const override {
    return program_->append_step(step, before, engine);
  }
  Result<Added> append_step_again(std::uint32_t step, std::span<const State> before,
                                  const State& claimed, const Engine& engine) const override {
    return program_->append_step_again(step, before, claimed, engine);
  }
  Result<Tensor> output_of(std::uint32_t step, const State& state) const override {
    return program_->output_of(step, state);
  }
  Result<std::vector<Pair>> always(std::span<const State> states) const override {
    return program_->always(states);
  }
  Result<Artefact> artefact(ByteView result) const override { return program_->artefact(result); }

 private:
  const std::shared_ptr<const Program> program_;
  const std::shared_ptr<const Device> device_;
  std::unique_ptr<GemmChain> chain_;
  std::unique_ptr<RenderTiles> tiles_;
};

Result<std::shared_ptr<const Device>> first_device(const std::string& module_path) {
  Result<std::shared_ptr<const Module>> module = Module::load(module_path);
  if (!module.ok()) return module.error();
  Result<std::unique_ptr<Device>> device = Device::open(std::move(module).value(), 0);
  if (!device.ok()) return device.error();
  return std::shared_ptr<const Device>(std::move(device).value());
}

}  // namespace

Result<std::unique_ptr<Program>> on_device(std::shared_ptr<const Program> program,
                                           std::shared_ptr<const Device> device) {
  auto out = std::make_unique<DeviceProgram>(std::move(program), std::move(device));
  const Status opened = out->open();
  if (!opened.ok()) return opened.error();
  return std::unique_ptr<Program>(std::move(out));
}

std::string backend_name(const Device& device) {
  const DeviceInfo& info = device.info();
  return "cuda/sm_" + std::to_string(info.compute_major) + std::to_string(info.compute_minor);
}

Result<Backend> parse_backend(std::string_view name) {
  if (name == "auto") return Backend::automatic;
  if (name == "cpu") return Backend::cpu;
  if (name == "cuda") return Backend::cuda;
  return fail(Code::usage, "backend \"" + std::string(name) + "\" is not one of auto, cpu, cuda");
}

Result<ChosenDevice> choose_device(Backend backend, const std::string& module_path) {
  if (backend == Backend::cpu) return ChosenDevice{nullptr, "cpu: as asked"};
  Result<std::shared_ptr<const Device>> device = first_device(module_path);
  if (device.ok()) {
    std::string why = std::string("cuda: ") + device.value()->info().name;
    return ChosenDevice{std::move(device).value(), std::move(why)};
  }
  if (backend == Backend::cuda) return device.error();
  return ChosenDevice{nullptr, "cpu: " + device.error().what};
}

}  // namespace assay::compute::cuda
