// Pictures of states, for eyes alone: no bit of them is committed, and libm may differ. A state
// whose populations or places mean nothing still makes some picture. Pure; any thread.
#pragma once

#include "core/compute/simulate/bodies_run.h"
#include "core/compute/simulate/lattice_run.h"

namespace assay::compute::simulate {

// A slice of a lattice as a PNG, x (or y) to the right, the other axis upwards, solid cells grey;
// enlarged to about 1,200 pixels. What the order asks for: the speed, the vorticity across the
// slice (anticlockwise warm, clockwise cold), or the current: its lines, coloured by their speed.
//   inconclusive libpng failed (memory)
Result<Bytes> lattice_picture(const Lattice& lattice, std::span<const std::int32_t> state);

struct Pixels {
  std::uint32_t width = 0, height = 0;
  Bytes rgb;  // width * height * 3, from the top
};
// The same slice on so few pixels as a terminal has, 1..4096 across; a current without its lines.
Pixels lattice_pixels(const Lattice& lattice, std::span<const std::int32_t> state,
                      std::uint32_t width);

// The bodies seen along z, brighter where there are more of them and bluer where they are faster.
Result<Bytes> bodies_picture(const Bodies& bodies, std::span<const std::int64_t> state);

}  // namespace assay::compute::simulate
