// The walls and solid cells of a lattice: which links of which cells end at one. Immutable; any
// thread.
//
// A link i of a fluid cell at p comes from p - c_i. It bounces back when that place is beyond a
// wall of any axis, or (the periodic axes closed) a solid cell. Solid cells hold zeros. At walls
// that move, it gains the sum over all walls it crosses of  sum over axes k of c_i[k] * t_k, where
// t_k = v_k * 2^28 / (6 * 10^6) towards zero, v_k the wall's velocity in 10^-6.
#pragma once

#include <span>
#include <vector>

#include "core/compute/simulate/lattice_kernels.h"
#include "core/compute/simulate/lattice_parameters.h"

namespace assay::compute::simulate {

class LatticeGeometry {
 public:
  // `mask` is empty or has a value for each cell, x fastest.
  LatticeGeometry(const LatticeParameters& parameters, std::span<const std::int8_t> mask);

  bool solid(std::uint32_t x, std::uint32_t y, std::uint32_t z) const;
  BrickLinks links(std::uint64_t brick) const;
  const std::int32_t* terms() const { return terms_; }

 private:
  void place_solids(const LatticeParameters& parameters, std::span<const std::int8_t> mask);
  void place_terms(const LatticeParameters& parameters);
  void find_bounces(std::uint64_t brick);
  bool plain(std::uint64_t brick) const;
  // Adds to `bounces_` if the link ends at something.
  void look_along(const Cells& cell, int number, int direction);

  Cells size_;
  std::array<std::uint64_t, 3> grid_;  // bricks {z, y, x}
  bool wall_[3];
  std::vector<std::uint64_t> solid_;  // bits of each brick
  std::vector<std::uint64_t> first_;  // where the bounces of each brick begin, and the end
  std::vector<Bounce> bounces_;
  // By direction and, for each axis, whether the link crosses no wall, the lower or the upper one.
  std::int32_t terms_[kDirections * 27]{};
};

}  // namespace assay::compute::simulate
