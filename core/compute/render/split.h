// Where to cut a set of primitives in two when the tree is built. Pure; any thread. The cut changes
// how fast rays are, never what they hit.
#pragma once

#include <span>

#include "core/compute/render/accel.h"

namespace assay::compute::render {

struct Item {
  Box box;
  Vec3 middle;
  std::uint32_t id = 0;
};

void grow(Box& box, const Box& by);
double half_area(const Box& box);  // 0 when empty

// Reorders the items and returns how many belong to the first part: at least one, not all. Two
// items or more. The least surface area times packets on its sides, over 12 bins of each axis; or
// halves, when the middles cannot be told apart. The same on every machine.
std::size_t split_items(std::span<Item> items);

}  // namespace assay::compute::render
