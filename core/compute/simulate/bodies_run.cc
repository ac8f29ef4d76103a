#include "core/compute/simulate/bodies_run.h"

#include <algorithm>
#include <numeric>

namespace assay::compute::simulate {
namespace {

// All bodies after the first drift, by blocks as in a state, and what the pairs read of them.
struct Drifted {
  explicit Drifted(std::size_t count) : places(3 * count), x(count), y(count), z(count) {}
  std::vector<std::int64_t> places;
  std::vector<std::int32_t> x, y, z;
};

Drifted drifted(std::span<const std::int64_t> state, std::span<const float> masses) {
  Drifted out(masses.size());
  for (std::size_t i = 0; i < masses.size(); ++i) {
    const std::int64_t* of = state.data() + i / kBlockBodies * kBlockNumbers + i % kBlockBodies;
    std::int64_t place[3];
    for (std::size_t k = 0; k < 3; ++k) {
      const std::int64_t momentum = of[(k + 3) * kBlockBodies];
      place[k] = sum(of[k * kBlockBodies], drift(momentum, static_cast<std::int64_t>(masses[i])));
      out.places[k * masses.size() + i] = place[k];
    }
    out.x[i] = ticks(place[0]);
    out.y[i] = ticks(place[1]);
    out.z[i] = ticks(place[2]);
  }
  return out;
}

double length_of(std::int64_t place) {
  return static_cast<double>(place) * 0x1p-40;
}

}  // namespace

void Bodies::start(std::span<std::int64_t> state) const {
  std::ranges::copy(start_, state.begin());
}

std::vector<std::int64_t> Bodies::advance_blocks(std::span<const std::int64_t> state,
                                                 std::span<const std::uint64_t> blocks,
                                                 const Engine& engine) const {
  const Drifted now = drifted(state, masses_);
  const Places places{now.x.data(), now.y.data(), now.z.data(), masses_.data(), masses_.size()};
  std::vector<std::int64_t> out(blocks.size() * kBlockNumbers);
  const BodiesKernels& kernels = bodies_kernels(engine.level());
  engine.parallel_for(blocks.size(), [&](std::uint64_t at) {
    const std::size_t first = blocks[at] * kBlockBodies;
    std::int64_t sums[3 * kBlockBodies];
    kernels.impulses(places, first, gravity_, sums);
    const std::int64_t* before = state.data() + blocks[at] * kBlockNumbers;
    std::int64_t* after = out.data() + at * kBlockNumbers;
    for (std::size_t i = 0; i < kBlockBodies; ++i) {
      const auto mass = static_cast<std::int64_t>(masses_[first + i]);
      for (std::size_t k = 0; k < 3; ++k) {
        const std::size_t number = k * kBlockBodies + i;
        const std::int64_t momentum = sum(before[number + 3 * kBlockBodies], sums[number]);
        after[number + 3 * kBlockBodies] = momentum;
        after[number] = sum(now.places[k * masses_.size() + first + i], drift(momentum, mass));
      }
    }
  });
  return out;
}

void Bodies::advance(std::span<std::int64_t> state, const Engine& engine) const {
  std::vector<std::uint64_t> blocks(parameters_.blocks());
  std::iota(blocks.begin(), blocks.end(), std::uint64_t{0});
  std::ranges::copy(advance_blocks(state, blocks, engine), state.begin());
}

BodiesTotals Bodies::totals(std::span<const std::int64_t> state) const {
  BodiesTotals out;
  const double gravity = static_cast<double>(parameters_.gravity_trillionths) / 1e12;
  const double softening = static_cast<double>(parameters_.softening_thousandths) / 1e3;
  std::uint64_t momentum[3]{};
  const auto of = [&](std::size_t body, std::size_t which) {
    return state[body / kBlockBodies * kBlockNumbers + which * kBlockBodies + body % kBlockBodies];
  };
  for (std::size_t i = 0; i < masses_.size(); ++i) {
    const auto mass = static_cast<double>(masses_[i]);
    double square = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double p = static_cast<double>(of(i, k + 3)) * 0x1p-44;
      square += p * p;
      momentum[k] += static_cast<std::uint64_t>(of(i, k + 3));
    }
    out.kinetic += square / (2 * mass);
    for (std::size_t j = 0; j < i; ++j) {
      double r2 = softening * softening;
      for (std::size_t k = 0; k < 3; ++k) {
        const double d = length_of(of(j, k)) - length_of(of(i, k));
        r2 += d * d;
      }
      out.potential -= gravity * mass * static_cast<double>(masses_[j]) / __builtin_sqrt(r2);
    }
  }
  for (std::size_t k = 0; k < 3; ++k) out.momentum[k] = static_cast<std::int64_t>(momentum[k]);
  return out;
}

}  // namespace assay::compute::simulate
