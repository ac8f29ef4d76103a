#include "core/compute/cuda/body_steps.h"

#include "core/compute/cuda/body_pairs.h"

namespace assay::compute::cuda {

static_assert(kBodiesOfBlock == simulate::kBlockBodies);

Result<std::unique_ptr<BodySteps>> BodySteps::open(const Device& device,
                                                   const simulate::Bodies& bodies) {
  const std::uint64_t count = bodies.masses().size();
  Result<TwoStates> states =
      TwoStates::make(device, DType::s64, {count / kBodiesOfBlock, 6, kBodiesOfBlock});
  if (!states.ok()) return states.error().in("bodies");
  Result<Buffer> mass = device.allocate_copy(bodies.masses().data(), count * sizeof(float));
  if (!mass.ok()) return mass.error().in("bodies");
  Result<Buffer> ticks = device.allocate(3 * count * sizeof(std::int32_t));
  if (!ticks.ok()) return ticks.error().in("bodies");
  Result<Buffer> sums = device.allocate(3 * count * sizeof(std::int64_t));
  if (!sums.ok()) return sums.error().in("bodies");
  std::unique_ptr<BodySteps> out(new BodySteps(device, std::move(states).value()));
  out->mass_ = std::move(mass).value();
  out->ticks_ = std::move(ticks).value();
  out->sums_ = std::move(sums).value();
  out->args_ = {0, 0, out->mass_.at(), out->ticks_.at(), out->sums_.at(), count, bodies.gravity()};
  const Status status = device.call(&ModuleTable::synchronize);  // what was borrowed may go
  if (!status.ok()) return status.error().in("bodies");
  return out;
}

Status BodySteps::advance() {
  const Result<DevicePtr> after = state_.after();
  if (!after.ok()) return after.error().in("bodies");
  args_.before = state_.before();
  args_.after = after.value();
  const Status status = device_.call(&ModuleTable::bodies, &args_);
  if (!status.ok()) return status.error().in("bodies");
  state_.turn();
  return {};
}

}  // namespace assay::compute::cuda
