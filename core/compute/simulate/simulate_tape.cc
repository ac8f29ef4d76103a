#include "core/compute/simulate/simulate_tape.h"

#include <algorithm>
#include <cstring>

namespace assay::compute::simulate {
namespace {

constexpr std::uint64_t kBodiesAtOnce = 4096;  // whose forces on one body are one operation

Compute time_step(const Lattice& lattice, const TensorRef& before) {
  return [&lattice, before](std::uint64_t first, std::uint64_t count, Operands& operands,
                            std::span<std::uint8_t> out) {
    for (std::uint64_t i = 0; i < count / kBrickNumbers; ++i) {
      const std::uint64_t brick = first / kBrickNumbers + i;
      const std::int32_t* around[27];
      for (std::size_t k = 0; k < 27; ++k) {
        const std::uint64_t at = lattice.brick_around(brick, k) * kBrickNumbers;
        around[k] = operands.read<std::int32_t>(before, at, kBrickNumbers).data();
      }
      std::int32_t brick_after[kBrickNumbers];
      lattice.step_brick(brick, around, brick_after);
      std::memcpy(out.data() + i * kBrickBytes, brick_after, kBrickBytes);
    }
  };
}

// Where number `which` (place 0..2, momentum 3..5) of a body lies in a state.
std::uint64_t in_state(std::uint64_t body, std::uint64_t which) {
  return body / kBlockBodies * kBlockNumbers + which * kBlockBodies + body % kBlockBodies;
}

std::int32_t apart(std::int64_t from, std::int64_t to) {
  return ticks_apart(ticks(to), ticks(from));
}

std::int64_t drift_of(const Bodies& bodies, std::uint64_t body, std::int64_t momentum) {
  return drift(momentum, static_cast<std::int64_t>(bodies.masses()[body]));
}

TensorRef add_drift(Tape& tape, const Bodies& bodies, const TensorRef& before) {
  const std::uint64_t n = bodies.masses().size();
  return tape.add(
      "drift", {DType::s64, {3, n}}, 1, {before},
      each<std::int64_t>([&bodies, before, n](std::uint64_t at, Operands& operands) {
        const std::uint64_t axis = at / n, body = at % n;
        return sum(
            operands.at<std::int64_t>(before, in_state(body, axis)),
            drift_of(bodies, body, operands.at<std::int64_t>(before, in_state(body, axis + 3))));
      }));
}

// The impulses on a body from bodies [from, from + count).
void forces_on(const Bodies& bodies, std::uint64_t body, const TensorRef& places,
               std::uint64_t from, std::uint64_t count, Operands& operands,
               std::span<std::int64_t> out) {
  const std::span<const float> masses = bodies.masses();
  const std::uint64_t n = masses.size();
  std::int64_t own[3];
  std::span<const std::int64_t> others[3];
  for (std::uint64_t axis = 0; axis < 3; ++axis) {
    own[axis] = operands.at<std::int64_t>(places, axis * n + body);
    others[axis] = operands.read<std::int64_t>(places, axis * n + from, count);
    out[axis] = 0;
  }
  for (std::uint64_t j = 0; j < count; ++j) {
    const Impulse one = impulse(apart(own[0], others[0][j]), apart(own[1], others[1][j]),
                                apart(own[2], others[2][j]),
                                rx1::mul(masses[body], masses[from + j]), bodies.gravity());
    out[0] = sum(out[0], one.x);
    out[1] = sum(out[1], one.y);
    out[2] = sum(out[2], one.z);
  }
}

TensorRef add_forces(Tape& tape, const Bodies& bodies, const TensorRef& places,
                     std::uint64_t from) {
  const std::uint64_t n = bodies.masses().size();
  const std::uint64_t others = std::min(kBodiesAtOnce, n - from);
  return tape.add("forces", {DType::s64, {n, 3}}, 3, {places},
                  by_rows<std::int64_t>(
                      3, [&bodies, places, from, others](std::uint64_t body, Operands& operands,
                                                         std::span<std::int64_t> out) {
                        forces_on(bodies, body, places, from, others, operands, out);
                      }));
}

TensorRef add_kick(Tape& tape, const Plan& plan, const Bodies& bodies, const TensorRef& before,
                   const TensorRef& places, const std::vector<TensorRef>& forces) {
  std::vector<TensorRef> reads = forces;
  reads.insert(reads.end(), {before, places});
  const std::uint64_t n = bodies.masses().size();
  return tape.add(
      "kick", plan.state_shape[0], 1, reads,
      each<std::int64_t>(
          [&bodies, before, places, forces, n](std::uint64_t at, Operands& operands) {
            const std::uint64_t within = at % kBlockNumbers;
            const std::uint64_t body = at / kBlockNumbers * kBlockBodies + within % kBlockBodies;
            const std::uint64_t which = within / kBlockBodies, axis = which % 3;
            std::int64_t momentum = operands.at<std::int64_t>(before, in_state(body, axis + 3));
            for (const TensorRef& part : forces) {
              momentum = sum(momentum, operands.at<std::int64_t>(part, body * 3 + axis));
            }
            if (which >= 3) return momentum;
            return sum(operands.at<std::int64_t>(places, axis * n + body),
                       drift_of(bodies, body, momentum));
          }));
}

}  // namespace

Tape lattice_tape(const Plan& plan, const Lattice& lattice, std::uint32_t step) {
  Tape tape;
  tape.states[step - 1] = tape.state_shape = plan.state_shape;
  TensorRef at{TensorRef::Of::state, step - 1, 0};
  for (std::uint32_t i = 0; i < lattice.parameters().steps_per_commit; ++i) {
    at = tape.add("lattice slab", plan.state_shape[0], kBrickNumbers, {at}, time_step(lattice, at));
  }
  tape.state = {at};
  return tape;
}

Tape bodies_tape(const Plan& plan, const Bodies& bodies, std::uint32_t step) {
  Tape tape;
  tape.states[step - 1] = tape.state_shape = plan.state_shape;
  const TensorRef before{TensorRef::Of::state, step - 1, 0};
  const TensorRef places = add_drift(tape, bodies, before);
  std::vector<TensorRef> forces;
  for (std::uint64_t from = 0; from < bodies.masses().size(); from += kBodiesAtOnce) {
    forces.push_back(add_forces(tape, bodies, places, from));
  }
  tape.state = {add_kick(tape, plan, bodies, before, places, forces)};
  return tape;
}

}  // namespace assay::compute::simulate
