// One cell's time step, as the lattice kernel makes it: the twin of advance_brick() in
// core/compute/simulate/level_scalar.cc, whose collision it shares. A cell reads the state before
// and writes its own numbers of the state after, so their order cannot matter. The kernel
// (lattice.cu) and its host tests share it. Pure; any thread.
#pragma once

#include "core/compute/cuda/module_abi.h"
#include "core/compute/host_device.h"

namespace assay::compute::cuda {

inline constexpr unsigned kCellsOfBrick = 64, kNumbersOfBrick = simulate::kDirections * 64;
inline constexpr std::uint16_t kStreams = 0, kSolid = 0xFFFF;  // links; else 1 + a term's number

// Where along an axis, in numbers of a state, the cells at -1, 0 and +1 of a cell lie: [c] is what
// a direction with the step c - 1 comes from.
struct ArrivesFrom {
  std::uint64_t at[3];
};
ASSAY_SHARED inline ArrivesFrom arrives_from(std::uint64_t brick, std::uint64_t bricks,
                                             unsigned cell, std::uint64_t brick_stride,
                                             unsigned cell_stride) {
  const std::uint64_t before = brick == 0 ? bricks - 1 : brick - 1;
  const std::uint64_t after = brick + 1 == bricks ? 0 : brick + 1;
  return {{(cell == 3 ? after : brick) * brick_stride + (cell + 1) % 4 * cell_stride,
           brick * brick_stride + cell * cell_stride,
           (cell == 0 ? before : brick) * brick_stride + (cell + 3) % 4 * cell_stride}};
}

struct CellPlace {
  ArrivesFrom x, y, z;
  std::uint64_t own;           // its number 0 in a state
  const std::uint16_t* links;  // its own of direction 0; null in a brick without walls and solids
};
ASSAY_SHARED inline CellPlace cell_place(const LatticeArgs& args, std::uint64_t brick,
                                         unsigned cell) {
  const std::uint64_t row = kNumbersOfBrick, layer = args.grid[2] * row;
  const std::uint64_t z = brick / (args.grid[1] * args.grid[2]);
  const std::uint64_t y = brick / args.grid[2] % args.grid[1], x = brick % args.grid[2];
  const std::uint32_t linked = reinterpret_cast<const std::uint32_t*>(args.linked)[brick];
  const auto* links = reinterpret_cast<const std::uint16_t*>(args.links);
  return {arrives_from(x, args.grid[2], cell % 4, row, 1),
          arrives_from(y, args.grid[1], cell / 4 % 4, layer, 4),
          arrives_from(z, args.grid[0], cell / 16, args.grid[1] * layer, 16), brick * row + cell,
          linked == 0 ? nullptr : links + std::uint64_t{linked - 1} * row + cell};
}

// The populations of directions kDirection and after, as they arrive.
template <int kDirection>
ASSAY_SHARED inline void arrive(const LatticeArgs& args, const CellPlace& place,
                                std::uint32_t (&f)[simulate::kDirections]) {
  constexpr int kX = simulate::kStep[kDirection][0], kY = simulate::kStep[kDirection][1];
  constexpr int kZ = simulate::kStep[kDirection][2], kBack = simulate::opposite(kDirection);
  const auto* before = reinterpret_cast<const std::uint32_t*>(args.before);
  const std::uint16_t link =
      place.links == nullptr ? kStreams : place.links[kDirection * kCellsOfBrick];
  if (link == kStreams || link == kSolid) {
    f[kDirection] = before[place.x.at[kX + 1] + place.y.at[kY + 1] + place.z.at[kZ + 1] +
                           kDirection * kCellsOfBrick];
  } else {
    f[kDirection] = before[place.own + kBack * kCellsOfBrick] +
                    reinterpret_cast<const std::uint32_t*>(args.terms)[link - 1];
  }
  if constexpr (kDirection + 1 < simulate::kDirections) arrive<kDirection + 1>(args, place, f);
}

ASSAY_SHARED inline void advance_cell(const LatticeArgs& args, std::uint64_t brick, unsigned cell) {
  const CellPlace place = cell_place(args, brick, cell);
  std::uint32_t f[simulate::kDirections];
  arrive<0>(args, place, f);
  simulate::collide<simulate::OneCell>(f, args.constants);
  const bool solid = place.links != nullptr && place.links[0] == kSolid;
  auto* after = reinterpret_cast<std::uint32_t*>(args.after) + place.own;
  for (unsigned i = 0; i < simulate::kDirections; ++i) {
    after[i * kCellsOfBrick] = solid ? 0 : f[i];
  }
}

}  // namespace assay::compute::cuda
