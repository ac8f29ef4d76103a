#include "core/compute/cuda/device_programs.h"

#include "core/compute/cuda/backend.h"
#include "core/compute/cuda/body_steps.h"
#include "core/compute/cuda/lattice_cells.h"
#include "core/compute/cuda/render_tiles.h"
#include "core/compute/cuda/text_session.h"
#include "core/compute/cuda/train_steps.h"
#include "core/compute/gemm/gemm_state.h"
#include "core/compute/render/job.h"

namespace assay::compute::cuda {
namespace {

class GemmOnDevice final : public OnDevice<GemmChain> {
 public:
  using OnDevice::OnDevice;

  Status advance(std::uint32_t step, State& state, const Engine&) const override {
    const Status valid = check_gemm_state(plan(), step, state);
    if (!valid.ok()) return valid;
    const auto turn = device_->lock();
    Status status = work_->load(state[0].data, state[1].data);
    if (status.ok()) status = work_->advance(step);
    return status.ok() ? work_->store(state[0].data, state[1].data) : status;
  }
};

class RenderOnDevice final : public OnDevice<RenderTiles> {
 public:
  using OnDevice::OnDevice;

  Result<Tensor> unit(std::uint32_t step, const Engine&) const override {
    const render::Job& job = *on_cpu().device_job().render;
    const auto turn = device_->lock();
    Result<Bytes> film = work_->tile(step, render::tile_at(job.picture, step));
    if (!film.ok()) return film.error();
    return Tensor{unit_shape(step), std::move(film).value()};
  }
};

// LatticeCells or BodySteps.
template <class Work>
Status advance_system(const Plan& plan, std::uint32_t step, State& state, const Device& device,
                      Work& work) {
  if (step < 1 || step > plan.steps || shape_of(state) != plan.state_shape) {
    return fail(Code::malformed, "simulate: no such step, or a state of another shape");
  }
  State next = {Tensor{state[0].shape, Bytes(state[0].data.size())}};
  {
    const auto turn = device.lock();
    Status status = work.state().load(state[0].data.data());
    if (status.ok()) status = work.advance();
    if (status.ok()) status = work.state().store(next[0].data.data());
    if (!status.ok()) return status;
  }
  state = std::move(next);
  return {};
}

class LatticeOnDevice final : public OnDevice<LatticeCells> {
 public:
  using OnDevice::OnDevice;

  Status advance(std::uint32_t step, State& state, const Engine&) const override try {
    return advance_system(plan(), step, state, *device_, *work_);
  } catch (const std::bad_alloc&) {
    return fail(Code::inconclusive, "simulate: out of memory");
  }
};

class BodiesOnDevice final : public OnDevice<BodySteps> {
 public:
  using OnDevice::OnDevice;

  Status advance(std::uint32_t step, State& state, const Engine&) const override try {
    return advance_system(plan(), step, state, *device_, *work_);
  } catch (const std::bad_alloc&) {
    return fail(Code::inconclusive, "simulate: out of memory");
  }
};

class TextsOnDevice final : public OnDevice<TextDecoder> {
 public:
  using OnDevice::OnDevice;

  Result<Added> append_step(std::uint32_t step, std::span<const State> before,
                            const Engine& engine) const override {
    return by_device([&](TextSession& session) {
      return on_cpu().device_job().text->append_by(session, step, before, engine);
    });
  }
  Result<Added> append_step_again(std::uint32_t step, std::span<const State> before,
                                  const State& claimed, const Engine& engine) const override {
    return by_device([&](TextSession& session) {
      return on_cpu().device_job().text->append_again_by(session, step, before, claimed, engine);
    });
  }

 private:
  template <class Work>
  Result<Added> by_device(const Work& append) const {
    const auto turn = device_->lock();
    TextSession session(*work_);
    Result<Added> added = append(session);
    if (added.ok() || added.error().code != Code::malformed || !session.is_used()) return added;
    return for_the_cpu_to_decide(added.error());
  }
};

class TrainOnDevice final : public OnDevice<TrainSteps> {
 public:
  using OnDevice::OnDevice;

  Status advance(std::uint32_t step, State& state, const Engine& engine) const override try {
    const train::TrainJob& job = *on_cpu().device_job().train;
    if (step < 1 || step > plan().steps) {
      return fail(Code::malformed, "train: no step " + std::to_string(step));
    }
    const Status valid = job.check_state(step - 1, state, engine);
    if (!valid.ok()) return valid;
    State next = state;
    {
      const auto turn = device_->lock();
      const Status status = job.advance_by(*work_, step, next, engine);
      if (!status.ok()) return status;
    }
    const Status stays = job.check_state(step, next, engine);
    if (!stays.ok()) return for_the_cpu_to_decide(stays.error());
    state = std::move(next);
    return {};
  } catch (const std::bad_alloc&) {
    return fail(Code::inconclusive, "train: out of memory");
  }
};

template <class OfWorkload, class Work>
Result<std::unique_ptr<Program>> made(std::shared_ptr<const Program> program,
                                      std::shared_ptr<const Device> device,
                                      Result<std::unique_ptr<Work>> work) {
  if (!work.ok()) return work.error();
  return std::unique_ptr<Program>(
      std::make_unique<OfWorkload>(std::move(program), std::move(device), std::move(work).value()));
}

}  // namespace

Error for_the_cpu_to_decide(const Error& error) {
  return fail(Code::inconclusive, error.what + ", says the device: the CPU must decide");
}

Result<std::unique_ptr<Program>> gemm_on_device(std::shared_ptr<const Program> program,
                                                std::shared_ptr<const Device> device) {
  auto chain = GemmChain::open(*device, gemm_work(program->device_job()));
  return made<GemmOnDevice>(std::move(program), std::move(device), std::move(chain));
}

Result<std::unique_ptr<Program>> render_on_device(std::shared_ptr<const Program> program,
                                                  std::shared_ptr<const Device> device) {
  const render::Job& job = *program->device_job().render;
  auto tiles = RenderTiles::open(*device, job.world, job.picture, job.key);
  return made<RenderOnDevice>(std::move(program), std::move(device), std::move(tiles));
}

Result<std::unique_ptr<Program>> lattice_on_device(std::shared_ptr<const Program> program,
                                                   std::shared_ptr<const Device> device) {
  auto cells = LatticeCells::open(*device, *program->device_job().lattice);
  return made<LatticeOnDevice>(std::move(program), std::move(device), std::move(cells));
}

Result<std::unique_ptr<Program>> bodies_on_device(std::shared_ptr<const Program> program,
                                                  std::shared_ptr<const Device> device) {
  auto steps = BodySteps::open(*device, *program->device_job().bodies);
  return made<BodiesOnDevice>(std::move(program), std::move(device), std::move(steps));
}

Result<std::unique_ptr<Program>> texts_on_device(std::shared_ptr<const Program> program,
                                                 std::shared_ptr<const Device> device) {
  const generate::TextJob& job = *program->device_job().text;
  const std::uint32_t limbs = job.precision() == generate::Precision::w8a8 ? 1 : 2;
  auto decoder = TextDecoder::open(*device, job.model(), limbs);
  return made<TextsOnDevice>(std::move(program), std::move(device), std::move(decoder));
}

Result<std::unique_ptr<Program>> train_on_device(std::shared_ptr<const Program> program,
                                                 std::shared_ptr<const Device> device) {
  auto steps = TrainSteps::open(*device, *program->device_job().train);
  return made<TrainOnDevice>(std::move(program), std::move(device), std::move(steps));
}

}  // namespace assay::compute::cuda
