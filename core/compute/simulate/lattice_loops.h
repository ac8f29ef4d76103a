// One brick, for every vector width: kLanes cells at a time, which are whole rows of a brick.
// Internal linkage throughout: see lattice_kernels.h.
#pragma once

#include "core/compute/simulate/lattice_kernels.h"

namespace assay::compute::simulate {
namespace {

using Row = std::uint32_t __attribute__((vector_size(16)));

// By memcpy, which the compiler makes one move of: no alignment, no aliasing.
template <class Vector>
Vector load(const void* from) {
  Vector out;
  __builtin_memcpy(&out, from, sizeof out);
  return out;
}
template <class Vector>
void store(void* to, Vector value) {
  __builtin_memcpy(to, &value, sizeof value);
}

// Populations of one direction as they arrive: 16 rows of 4 cells, each from the row of the brick
// that lies at -c, moved by -c_x.
template <int kDirection>
void arrive(const BrickStep& step, std::uint32_t* to) {
  constexpr int kX = kStep[kDirection][0], kY = kStep[kDirection][1], kZ = kStep[kDirection][2];
#pragma GCC unroll 16
  for (int row = 0; row < 16; ++row) {
    const int z = row / 4 - kZ, y = row % 4 - kY;
    const int brick = ((z >> 2) + 1) * 9 + ((y >> 2) + 1) * 3 + 1;
    const int at = kDirection * kBrickCells + ((z & 3) * 4 + (y & 3)) * 4;
    Row cells = load<Row>(step.around[brick] + at);
    if constexpr (kX == 1) {
      cells = __builtin_shufflevector(load<Row>(step.around[brick - 1] + at), cells, 3, 4, 5, 6);
    } else if constexpr (kX == -1) {
      cells = __builtin_shufflevector(cells, load<Row>(step.around[brick + 1] + at), 1, 2, 3, 4);
    }
    store(to + row * 4, cells);
  }
}

// The same by layers of 16 cells, for registers that hold one: first moved by -c_y, which for a
// diagonal concerns the layers of two bricks, then by -c_x.
using Layer = std::uint32_t __attribute__((vector_size(64)));

template <int kY>
Layer moved_up(const BrickStep& step, int brick, int at) {
  const auto own = load<Layer>(step.around[brick] + at);
  if constexpr (kY == 1) {
    return __builtin_shufflevector(load<Layer>(step.around[brick - 3] + at), own, 12, 13, 14, 15,
                                   16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
  } else if constexpr (kY == -1) {
    return __builtin_shufflevector(own, load<Layer>(step.around[brick + 3] + at), 4, 5, 6, 7, 8, 9,
                                   10, 11, 12, 13, 14, 15, 16, 17, 18, 19);
  } else {
    return own;
  }
}

template <int kDirection>
void arrive_by_layers(const BrickStep& step, std::uint32_t* to) {
  constexpr int kX = kStep[kDirection][0], kY = kStep[kDirection][1], kZ = kStep[kDirection][2];
#pragma GCC unroll 4
  for (int layer = 0; layer < 4; ++layer) {
    const int z = layer - kZ;
    const int brick = ((z >> 2) + 1) * 9 + 4;
    const int at = kDirection * kBrickCells + (z & 3) * 16;
    Layer cells = moved_up<kY>(step, brick, at);
    if constexpr (kX == 1) {
      cells = __builtin_shufflevector(moved_up<kY>(step, brick - 1, at), cells, 3, 16, 17, 18, 7,
                                      20, 21, 22, 11, 24, 25, 26, 15, 28, 29, 30);
    } else if constexpr (kX == -1) {
      cells = __builtin_shufflevector(cells, moved_up<kY>(step, brick + 1, at), 1, 2, 3, 16, 5, 6,
                                      7, 20, 9, 10, 11, 24, 13, 14, 15, 28);
    }
    store(to + layer * 16, cells);
  }
}

template <int kBytes, int kDirection = 0>
void arrive_all(const BrickStep& step, std::uint32_t* to) {
  std::uint32_t* const of_direction = to + kDirection * kBrickCells;
  if constexpr (kBytes == sizeof(Layer)) {
    arrive_by_layers<kDirection>(step, of_direction);
  } else {
    arrive<kDirection>(step, of_direction);
  }
  if constexpr (kDirection + 1 < kDirections) arrive_all<kBytes, kDirection + 1>(step, to);
}

template <int kBytes>
struct ManyCells {
  // By typedef: in an alias GCC 12 forgets a size that depends on a template.
  typedef std::uint32_t Word __attribute__((vector_size(kBytes)));   // NOLINT
  typedef std::int32_t Signed __attribute__((vector_size(kBytes)));  // NOLINT

  template <int kBits>
  static Word arithmetic_right(Word n) {
    return (Word)((Signed)n >> kBits);
  }
  template <int kBits>
  static Word logical_right(Word n) {
    return n >> kBits;
  }
  // Of n = high * 2^16 + low: floor((n k + half) / 2^shift), half being one less for n < 0.
  // 0 < k <= 2^15, so neither product leaves 32 bits.
  template <int kShift>
  static Word scaled(Word n, std::int32_t k) {
    const Word factor = Word{} + static_cast<std::uint32_t>(k);
    const Word high = arithmetic_right<16>(n) * factor;
    const Word low = (n & 0xFFFF) * factor;
    const Word half = arithmetic_right<31>(n) + (1U << (kShift - 1));
    return arithmetic_right<kShift - 16>(high + logical_right<16>(low + half));
  }
};

template <int kBytes>
void advance_brick(const BrickStep& step, const LatticeConstants& constants) {
  using Lanes = ManyCells<kBytes>;
  constexpr int kLanes = kBytes / 4;
  alignas(64) std::uint32_t f[kBrickNumbers];
  arrive_all<kBytes>(step, f);
  bounce_back(step, f);
  for (int cell = 0; cell < kBrickCells; cell += kLanes) {
    typename Lanes::Word cells[kDirections];
#pragma GCC unroll 19
    for (int i = 0; i < kDirections; ++i) {
      cells[i] = load<typename Lanes::Word>(f + i * kBrickCells + cell);
    }
    collide<Lanes>(cells, constants);
#pragma GCC unroll 19
    for (int i = 0; i < kDirections; ++i) {
      store(step.out + i * kBrickCells + cell, cells[i]);
    }
  }
  clear_solid(step);
}

}  // namespace
}  // namespace assay::compute::simulate
