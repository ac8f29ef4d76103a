// One body's part of a step, as the kernels of bodies make it: the twin of
// core/compute/simulate/bodies_run.cc, whose arithmetic (bodies.h) it shares. Impulses are summed
// in integers, so no order can matter. The kernels (bodies.cu) and their host tests share it. Pure;
// any thread.
#pragma once

#include "core/compute/cuda/module_abi.h"
#include "core/compute/host_device.h"

namespace assay::compute::cuda {

inline constexpr std::uint64_t kBodiesOfBlock = 64;

// Number `which` (x, y, z, px, py, pz) of a body in a state.
ASSAY_SHARED inline std::uint64_t body_number(std::uint64_t body, unsigned which) {
  return body / kBodiesOfBlock * (6 * kBodiesOfBlock) + which * kBodiesOfBlock +
         body % kBodiesOfBlock;
}

ASSAY_SHARED inline std::int64_t mass_of(const BodiesArgs& args, std::uint64_t body) {
  return static_cast<std::int64_t>(reinterpret_cast<const float*>(args.mass)[body]);
}

// The first drift: places into the state after, ticks for the pairs, and sums to add to.
ASSAY_SHARED inline void drift_body(const BodiesArgs& args, std::uint64_t body) {
  const auto* before = reinterpret_cast<const std::int64_t*>(args.before);
  for (unsigned k = 0; k < 3; ++k) {
    const std::int64_t momentum = before[body_number(body, k + 3)];
    const std::int64_t place =
        simulate::sum(before[body_number(body, k)], simulate::drift(momentum, mass_of(args, body)));
    reinterpret_cast<std::int64_t*>(args.after)[body_number(body, k)] = place;
    reinterpret_cast<std::int32_t*>(args.ticks)[k * args.bodies + body] = simulate::ticks(place);
    reinterpret_cast<std::int64_t*>(args.sums)[k * args.bodies + body] = 0;
  }
}

// What bodies [first, end) do to a body.
ASSAY_SHARED inline simulate::Impulse pull(const BodiesArgs& args, std::uint64_t body,
                                           std::uint64_t first, std::uint64_t end) {
  const auto* x = reinterpret_cast<const std::int32_t*>(args.ticks);
  const std::int32_t* y = x + args.bodies;
  const std::int32_t* z = y + args.bodies;
  const auto* mass = reinterpret_cast<const float*>(args.mass);
  const std::int32_t own_x = x[body], own_y = y[body], own_z = z[body];
  const float own_mass = mass[body];
  simulate::Impulse sum{0, 0, 0};
  for (std::uint64_t j = first; j < end; ++j) {
    const simulate::Impulse by = simulate::impulse(
        simulate::ticks_apart(x[j], own_x), simulate::ticks_apart(y[j], own_y),
        simulate::ticks_apart(z[j], own_z), rx1::mul(own_mass, mass[j]), args.gravity);
    sum.x += by.x;
    sum.y += by.y;
    sum.z += by.z;
  }
  return sum;
}

// The kick, and the second drift.
ASSAY_SHARED inline void kick_body(const BodiesArgs& args, std::uint64_t body) {
  const auto* before = reinterpret_cast<const std::int64_t*>(args.before);
  auto* after = reinterpret_cast<std::int64_t*>(args.after);
  for (unsigned k = 0; k < 3; ++k) {
    const std::int64_t momentum =
        simulate::sum(before[body_number(body, k + 3)],
                      reinterpret_cast<const std::int64_t*>(args.sums)[k * args.bodies + body]);
    std::int64_t& place = after[body_number(body, k)];
    after[body_number(body, k + 3)] = momentum;
    place = simulate::sum(place, simulate::drift(momentum, mass_of(args, body)));
  }
}

// How the bodies that pull are shared out, so that small jobs too keep a device busy: as many parts
// as make `blocks_wanted` blocks of threads.
ASSAY_SHARED constexpr std::uint64_t pull_parts(std::uint64_t bodies, std::uint64_t threads,
                                                std::uint64_t blocks_wanted) {
  const std::uint64_t across = (bodies + threads - 1) / threads;
  const std::uint64_t parts = (blocks_wanted + across - 1) / across;
  return parts < 1 ? 1 : parts < bodies / kBodiesOfBlock ? parts : bodies / kBodiesOfBlock;
}
ASSAY_SHARED constexpr std::uint64_t part_begin(std::uint64_t bodies, std::uint64_t parts,
                                                std::uint64_t part) {
  return bodies * part / parts;
}

}  // namespace assay::compute::cuda
