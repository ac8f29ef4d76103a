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

template <int kDirection = 0>
void arrive_all(const BrickStep& step, std::uint32_t* to) {
  arrive<kDirection>(step, to + kDirection * kBrickCells);
  if constexpr (kDirection + 1 < kDirections) arrive_all<kDirection + 1>(step, to);
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
  // Of n = high * 2^16 + low: floor((n k + c) / 2^shift), where c = 2^shift - 1 for n < 0 makes the
  // floor of a negative number the next integer towards zero. 0 < k <= 2^15, so neither product
  // leaves 32 bits.
  template <int kShift>
  static Word scaled(Word n, std::int32_t k) {
    const Word factor = Word{} + static_cast<std::uint32_t>(k);
    const Word high = arithmetic_right<16>(n) * factor;
    const Word low = (n & 0xFFFF) * factor;
    const Word carry = logical_right<32 - kShift>(arithmetic_right<31>(n));
    return arithmetic_right<kShift - 16>(high + logical_right<16>(low + carry));
  }
};

void bounce_back(const BrickStep& step, std::uint32_t* f) {
  const std::int32_t* own = step.around[13];
  for (std::size_t i = 0; i < step.links.count; ++i) {
    const Bounce& bounce = step.links.bounces[i];
    const std::int32_t back = own[opposite(bounce.direction) * kBrickCells + bounce.cell];
    f[bounce.direction * kBrickCells + bounce.cell] =
        static_cast<std::uint32_t>(back) + static_cast<std::uint32_t>(step.terms[bounce.term]);
  }
}

// Solid cells hold zeros.
void clear_solid(const BrickStep& step) {
  for (std::uint64_t left = step.links.solid; left != 0; left &= left - 1) {
    const int cell = __builtin_ctzll(left);
    for (int i = 0; i < kDirections; ++i) step.out[i * kBrickCells + cell] = 0;
  }
}

template <int kBytes>
void advance_brick(const BrickStep& step, const LatticeConstants& constants) {
  using Lanes = ManyCells<kBytes>;
  constexpr int kLanes = kBytes / 4;
  alignas(64) std::uint32_t f[kBrickNumbers];
  arrive_all(step, f);
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

bool in_range(const std::int32_t* brick) {
  std::uint32_t outside = 0;
  for (std::size_t i = 0; i < kBrickNumbers; ++i) {
    const std::uint32_t shifted = static_cast<std::uint32_t>(brick[i]) + kPopulationMax - 1;
    outside |= shifted >= 2U * kPopulationMax - 1 ? 1U : 0U;
  }
  return outside == 0;
}

}  // namespace
}  // namespace assay::compute::simulate
