#include "core/compute/simulate/lattice_run.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace assay::compute::simulate {
namespace {

// The quintic through (0, 0) and (1, 1) that is flat there and has the slope pi/2 at 0.
constexpr std::int64_t kSine1 = 1686629713, kSine3 = 688904866, kSine5 = 76016977;
static_assert(kSine1 - kSine3 + kSine5 == std::int64_t{1} << 30);

constexpr std::uint64_t kBricksAtOnce = 64;  // of those that are checked

std::int64_t times(std::int64_t a, std::int64_t b) {
  return (a * b) >> 30;
}

std::int64_t in_units(std::uint32_t millionths) {
  return (std::int64_t{millionths} << kUnitBits) / 1000000;
}

std::uint32_t phase_of(std::uint32_t cell, std::uint32_t cells) {
  return ((2 * cell + 1) << 15) / cells;
}

std::int64_t rounded_quotient(std::int64_t n, std::int64_t d) {
  return (2 * n + d) / (2 * d);
}

// A brick is too long for the hardware to see it coming.
void prefetch(const std::int32_t* brick) {
  for (std::size_t i = 0; i < kBrickNumbers; i += 16) __builtin_prefetch(brick + i);
}

}  // namespace

std::int64_t sine(std::uint32_t phase) {
  const std::uint32_t quadrant = phase >> 14 & 3;
  const std::int64_t within = phase & 0x3FFF;
  const std::int64_t z = (quadrant % 2 == 0 ? within : 0x4000 - within) << 16;
  const std::int64_t square = times(z, z);
  const std::int64_t value = times(z, kSine1 - times(square, kSine3 - times(square, kSine5)));
  return quadrant < 2 ? value : -value;
}

LatticeConstants lattice_constants(std::uint32_t viscosity_millionths,
                                   const std::int32_t (&force_billionths)[3]) {
  LatticeConstants out;
  const std::int64_t v = viscosity_millionths;
  out.symmetric = static_cast<std::int32_t>(
      rounded_quotient((std::int64_t{1} << 20) * 1000000, 36 * (6 * v + 1000000)));
  out.antisymmetric = static_cast<std::int32_t>(
      rounded_quotient((std::int64_t{1} << 17) * 4 * v, 3 * (8 * v + 1000000)));
  for (int k = 0; k < 3; ++k) {
    out.force[k] = static_cast<std::int32_t>(std::int64_t{force_billionths[k]} *
                                             (std::int64_t{1} << (kUnitBits - 1)) / 1000000000);
  }
  for (int p = 0; p < 6; ++p) {
    const auto& c = kStep[7 + 2 * p];
    std::int64_t along = 0;
    for (int k = 0; k < 3; ++k) along += std::int64_t{c[k]} * out.force[k];
    const std::int64_t unit = std::int64_t{1} << 17;
    out.push[p] = static_cast<std::int32_t>(along * (unit - 6 * std::int64_t{out.antisymmetric}) /
                                            (6 * unit));
  }
  return out;
}

Lattice::Lattice(LatticeParameters parameters, std::span<const std::int8_t> mask, PhiloxKey key)
    : parameters_(std::move(parameters)),
      constants_(lattice_constants(parameters_.viscosity_millionths, parameters_.force_billionths)),
      geometry_(parameters_, mask),
      key_(key) {}

void Lattice::velocity_at(const Cells& cell, std::int32_t (&u)[3]) const {
  const Cells& n = parameters_.size;
  const std::int64_t speed = in_units(parameters_.speed_millionths);
  const std::uint32_t x = phase_of(cell[0], n[0]), y = phase_of(cell[1], n[1]);
  std::int64_t out[3]{};
  if (parameters_.start == LatticeStart::stream) out[0] = speed;
  if (parameters_.start == LatticeStart::shear) {
    const std::int64_t side = n[1], apart = 2 * std::int64_t{cell[1]} + 1 - side;
    const std::int64_t t = apart < 0 ? -apart : apart, one = std::int64_t{1} << 30;
    out[0] = times(-speed, std::clamp(8 * (side - 2 * t) * one / side, -one, one));
    out[1] = times(speed / 20, sine(x));
  }
  if (parameters_.start == LatticeStart::vortices) {
    const std::int64_t depth = n[2] > 4 ? cosine(phase_of(cell[2], n[2])) : std::int64_t{1} << 30;
    out[0] = times(speed, times(times(sine(x), cosine(y)), depth));
    out[1] = -times(speed, times(times(cosine(x), sine(y)), depth));
  }
  if (parameters_.noise_millionths > 0) {
    const std::uint64_t number = (std::uint64_t{cell[2]} * n[1] + cell[1]) * n[0] + cell[0];
    const PhiloxBlock words = PhiloxStream{key_, 0, 0}.block(number);
    for (std::size_t k = 0; k < 3; ++k) {
      out[k] += in_units(parameters_.noise_millionths) * static_cast<std::int32_t>(words[k]) >> 31;
    }
  }
  for (int k = 0; k < 3; ++k) u[k] = static_cast<std::int32_t>(out[k]);
}

void Lattice::start_brick(std::uint64_t brick, std::int32_t* out) const {
  const auto [z_size, y_size, x_size] = parameters_.grid();
  for (std::uint32_t cell = 0; cell < kBrickCells; ++cell) {
    const Cells at = {static_cast<std::uint32_t>(brick % x_size * 4) + cell % 4,
                      static_cast<std::uint32_t>(brick / x_size % y_size * 4) + cell / 4 % 4,
                      static_cast<std::uint32_t>(brick / (x_size * y_size) * 4) + cell / 16};
    std::int32_t u[3]{};
    if (!geometry_.solid(at[0], at[1], at[2])) velocity_at(at, u);
    for (int i = 0; i < kDirections; ++i)
      out[i * kBrickCells + int(cell)] = moving_population(i, u);
  }
}

void Lattice::start(std::span<std::int32_t> state, const Engine& engine) const {
  engine.parallel_for(parameters_.bricks(), [&](std::uint64_t brick) {
    start_brick(brick, state.data() + brick * kBrickNumbers);
  });
}

void Lattice::step_row(const Window& window, std::uint64_t z, std::uint64_t y, std::uint64_t from,
                       std::uint64_t to, const std::int32_t* before, std::int32_t* after,
                       const LatticeKernels& kernels) const {
  const auto [z_size, y_size, x_size] = window.size;
  const auto grid = parameters_.grid();
  BrickStep step;
  step.terms = geometry_.terms();
  for (std::uint64_t x = from; x < to; ++x) {
    const std::uint64_t xs[3] = {(x + x_size - 1) % x_size, x, (x + 1) % x_size};
    for (std::uint64_t i = 0; i < 9; ++i) {
      const std::uint64_t near_z = (z + z_size + i / 3 - 1) % z_size;
      const std::uint64_t near_y = (y + y_size + i % 3 - 1) % y_size;
      for (std::uint64_t k = 0; k < 3; ++k) {
        step.around[i * 3 + k] = before + window.row({near_z, near_y, xs[k]}) * kBrickNumbers;
      }
    }
    const std::uint64_t row = (z + window.origin[0]) % grid[0] * grid[1] * grid[2] +
                              (y + window.origin[1]) % grid[1] * grid[2] +
                              (x + window.origin[2]) % grid[2];
    step.links = geometry_.links(row);
    step.out = after + window.row({z, y, x}) * kBrickNumbers;
    if (x + 1 < to) {
      prefetch(before + window.row({z, y, x + 1}) * kBrickNumbers);
      prefetch(step.out + kBrickNumbers);
    }
    kernels.advance_brick(step, constants_);
  }
}

void Lattice::step_brick(std::uint64_t brick, const std::int32_t* const (&around)[27],
                         std::int32_t* out) const {
  BrickStep step;
  std::ranges::copy(around, step.around);
  step.links = geometry_.links(brick);
  step.terms = geometry_.terms();
  step.out = out;
  lattice_kernels(CpuLevel::scalar).advance_brick(step, constants_);
}

std::uint64_t Lattice::brick_around(std::uint64_t brick, std::size_t number) const {
  const auto [z_size, y_size, x_size] = parameters_.grid();
  const std::uint64_t z = brick / (y_size * x_size), y = brick / x_size % y_size;
  return ((z + z_size + number / 9 - 1) % z_size * y_size +
          (y + y_size + number / 3 % 3 - 1) % y_size) *
             x_size +
         (brick % x_size + x_size + number % 3 - 1) % x_size;
}

void Lattice::step(const Window& window, const Place& from, const Place& to,
                   const std::int32_t* before, std::int32_t* after, const Engine& engine) const {
  const LatticeKernels& kernels = lattice_kernels(engine.level());
  const std::uint64_t rows = to[1] - from[1];
  engine.parallel_for((to[0] - from[0]) * rows, [&](std::uint64_t i) {
    step_row(window, from[0] + i / rows, from[1] + i % rows, from[2], to[2], before, after,
             kernels);
  });
}

void Lattice::advance(std::span<std::int32_t> state, const Engine& engine) const {
  const auto scratch = std::make_unique_for_overwrite<std::int32_t[]>(state.size());
  const Window window{{}, parameters_.grid()};
  std::int32_t* from = state.data();
  std::int32_t* to = scratch.get();
  for (std::uint32_t i = 0; i < parameters_.steps_per_commit; ++i) {
    step(window, {}, window.size, from, to, engine);
    std::swap(from, to);
  }
  if (from != state.data()) std::copy_n(from, state.size(), state.data());
}

Result<std::vector<std::int32_t>> Lattice::advance_brick(std::uint64_t brick,
                                                         const BrickSource& before,
                                                         const Engine& engine) const {
  const Place grid = parameters_.grid();
  const Place at = {brick / (grid[1] * grid[2]), brick / grid[2] % grid[1], brick % grid[2]};
  Window window;
  Place centre;  // in the window
  for (std::size_t k = 0; k < 3; ++k) {
    const bool whole = 2 * halo() + 1 >= grid[k];
    window.size[k] = whole ? grid[k] : 2 * halo() + 1;
    window.origin[k] = whole ? 0 : (at[k] + grid[k] - halo()) % grid[k];
    centre[k] = whole ? at[k] : halo();
  }
  std::vector<std::int32_t> from(window.size[0] * window.size[1] * window.size[2] * kBrickNumbers);
  for (std::uint64_t row = 0; row < from.size() / kBrickNumbers; ++row) {
    const std::uint64_t z = row / (window.size[1] * window.size[2]) + window.origin[0];
    const std::uint64_t y = row / window.size[2] % window.size[1] + window.origin[1];
    const std::uint64_t x = row % window.size[2] + window.origin[2];
    const Result<Bytes> bytes =
        before((z % grid[0] * grid[1] + y % grid[1]) * grid[2] + x % grid[2]);
    if (!bytes.ok()) return bytes.error();
    if (bytes.value().size() != kBrickBytes) {
      return fail(Code::malformed, "a brick of " + std::to_string(bytes.value().size()) +
                                       " bytes where " + std::to_string(kBrickBytes) +
                                       " are needed");
    }
    std::memcpy(from.data() + row * kBrickNumbers, bytes.value().data(), kBrickBytes);
  }
  std::vector<std::int32_t> to(from.size());
  for (std::uint32_t left = parameters_.steps_per_commit; left-- > 0;) {
    const std::uint64_t reach = (left + 3) / 4;
    Place first{}, end = window.size;
    for (std::size_t k = 0; k < 3; ++k) {
      if (window.size[k] == grid[k]) continue;  // it closes on itself: all of it may be needed
      first[k] = centre[k] - reach;
      end[k] = centre[k] + reach + 1;
    }
    step(window, first, end, from.data(), to.data(), engine);
    std::swap(from, to);
  }
  const auto result =
      from.begin() + static_cast<std::ptrdiff_t>(window.row(centre) * kBrickNumbers);
  return std::vector<std::int32_t>(result, result + kBrickNumbers);
}

}  // namespace assay::compute::simulate
