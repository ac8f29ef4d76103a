// A lattice from its start, commit by commit. Immutable; any thread, each with an Engine of its
// own. Every level and any number of threads give the same numbers; scalar is the definition.
//
// The state is one tensor s32 [bricks, 19, 64]: brick (Z, Y, X) of 4x4x4 cells is row
// (Z * Y's + Y) * X's + X, in it direction by direction, then cell (z * 4 + y) * 4 + x.
//
// Start. Cell (x, y, z) of a fluid has the moving_population() of a velocity u, in units of 2^-28:
// S = speed * 2^28 / 10^6, N = noise * 2^28 / 10^6, products shifted right arithmetically.
//   rest      0
//   stream    {S, 0, 0}
//   shear     with n cells in y, t = |2 y + 1 - n|, c = clamp(8 (n - 2 t) 2^30 / n, -2^30, 2^30),
//             the quotient towards zero: {-S c >> 30, (S / 20) sine(X) >> 30, 0}
//   vortices  {S p >> 30, -(S q >> 30), 0} with p = sine(X) cosine(Y) >> 30 and
//             q = cosine(X) sine(Y) >> 30, each times cosine(Z) >> 30 where z has more than 4 cells
// X is the cell's phase (2 x + 1) 2^15 / n of n cells, 2^16 being a turn; sine() below. Noise adds
// N * s32(word k) >> 31 to u_k, from Philox block number (z * ny + y) * nx + x of tensor 0, step 0.
#pragma once

#include <functional>

#include "core/compute/philox.h"
#include "core/compute/simulate/lattice_geometry.h"

namespace assay::compute::simulate {

// The sine of phase / 2^16 turns in units of 2^-30, within 5 * 10^-4; odd and even as a sine is.
std::int64_t sine(std::uint32_t phase);
inline std::int64_t cosine(std::uint32_t phase) {
  return sine(phase + (1U << 14));
}

class Lattice {
 public:
  Lattice(LatticeParameters parameters, std::span<const std::int8_t> mask, PhiloxKey key);

  const LatticeParameters& parameters() const { return parameters_; }
  const LatticeConstants& constants() const { return constants_; }
  const LatticeGeometry& geometry() const { return geometry_; }

  // kBrickNumbers of each brick.
  void start(std::span<std::int32_t> state, const Engine& engine) const;

  // One commit: steps_per_commit time steps. Any numbers have a state that follows.
  void advance(std::span<std::int32_t> state, const Engine& engine) const;

  // A brick after a commit, from the bricks around it before. `before` yields kBrickBytes of one
  // of neighbours_of(plan, brick). Only what can reach the brick in the steps left is computed.
  //   malformed    a brick of another size
  //   others       those of `before`
  using BrickSource = std::function<Result<Bytes>(std::uint64_t brick)>;
  Result<std::vector<std::int32_t>> advance_brick(std::uint64_t brick, const BrickSource& before,
                                                  const Engine& engine) const;

  // One time step of one brick, from the 27 bricks around it (lattice_kernels.h), by the scalar
  // definition. `around[13]` is the brick itself.
  void step_brick(std::uint64_t brick, const std::int32_t* const (&around)[27],
                  std::int32_t* out) const;
  // Number of the brick that is `number` of those 27 around `brick`.
  std::uint64_t brick_around(std::uint64_t brick, std::size_t number) const;

  std::uint64_t halo() const { return (parameters_.steps_per_commit + 3) / 4; }

 private:
  using Place = std::array<std::uint64_t, 3>;  // {z, y, x}
  // A box of the grid of bricks that closes on itself: wrongly where it is not the whole axis, and
  // what that spoils moves in by a cell each step and never reaches what is asked for.
  struct Window {
    Place origin{}, size{};
    std::uint64_t row(const Place& at) const { return (at[0] * size[1] + at[1]) * size[2] + at[2]; }
  };
  void step(const Window& window, const Place& from, const Place& to, const std::int32_t* before,
            std::int32_t* after, const Engine& engine) const;
  void step_row(const Window& window, std::uint64_t z, std::uint64_t y, std::uint64_t from,
                std::uint64_t to, const std::int32_t* before, std::int32_t* after,
                const LatticeKernels& kernels) const;
  void start_brick(std::uint64_t brick, std::int32_t* out) const;
  void velocity_at(const Cells& cell, std::int32_t (&u)[3]) const;

  LatticeParameters parameters_;
  LatticeConstants constants_;
  LatticeGeometry geometry_;
  PhiloxKey key_;
};

}  // namespace assay::compute::simulate
