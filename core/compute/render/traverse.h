// The walk down the tree, written once over a Kernel that looks at eight boxes or primitives at a
// time. Included by the kernels (hit_*.cc) and by nobody else; each defines ASSAY_RENDER_TARGET, so
// that the walk is compiled for the kernel's instructions and no other code is.
//
// Kernel::Wide widen(ray)
// mask boxes(node, wide, t_max, near[8])       lanes whose box the ray is in at some 0 <= t <=
// t_max mask spheres|flats(packet, wide, t_max, t[8]) lanes hit at 0 < t <= t_max
#pragma once

#include <bit>

#include "core/compute/render/accel.h"

namespace assay::compute::render {
namespace {

struct StackEntry {
  float near;
  std::uint32_t ref;
};
// At most 7 entries stay behind on each of 41 levels (see kHalvingDepth), and 8 on the last.
constexpr unsigned kStackMax = 7 * 42 + 8;

// Pushes the children in `mask`, the nearest last.
ASSAY_RENDER_TARGET inline unsigned push_children(const Node& node, unsigned mask,
                                                  const float* near, StackEntry* stack,
                                                  unsigned top) {
  const unsigned base = top;
  while (mask != 0) {
    const auto lane = static_cast<unsigned>(std::countr_zero(mask));
    mask &= mask - 1;
    const StackEntry entry{near[lane], node.child[lane]};
    unsigned at = top++;
    for (; at > base && stack[at - 1].near < entry.near; --at) stack[at] = stack[at - 1];
    stack[at] = entry;
  }
  return top;
}

template <class Kernel>
ASSAY_RENDER_TARGET inline unsigned leaf_hits(const AccelView& accel, std::uint32_t ref,
                                              const typename Kernel::Wide& wide, float t_max,
                                              float* t) {
  const std::uint32_t index = ref & kIndexMask;
  return (ref & kFlatBit) != 0 ? Kernel::flats(accel.flats[index], wide, t_max, t)
                               : Kernel::spheres(accel.spheres[index], wide, t_max, t);
}

ASSAY_RENDER_TARGET inline const PacketInfo& leaf_info(const AccelView& accel, std::uint32_t ref) {
  const std::uint32_t index = ref & kIndexMask;
  return (ref & kFlatBit) != 0 ? accel.flat_info[index] : accel.sphere_info[index];
}

template <class Kernel>
ASSAY_RENDER_TARGET Hit closest_hit(const AccelView& accel, const Ray& ray) {
  const typename Kernel::Wide wide = Kernel::widen(ray);
  alignas(32) float values[kLanes];
  StackEntry stack[kStackMax];
  unsigned top = 0;
  Hit best;
  stack[top++] = {0, 0};
  while (top > 0) {
    const StackEntry entry = stack[--top];
    if (entry.near > best.t) continue;
    ++best.visits;
    if ((entry.ref & kLeafBit) == 0) {
      const Node& node = accel.nodes[entry.ref];
      top = push_children(node, Kernel::boxes(node, wide, best.t, values), values, stack, top);
      continue;
    }
    unsigned mask = leaf_hits<Kernel>(accel, entry.ref, wide, best.t, values);
    for (; mask != 0; mask &= mask - 1) {
      const auto lane = static_cast<unsigned>(std::countr_zero(mask));
      const PacketInfo& info = leaf_info(accel, entry.ref);
      const float t = values[lane];
      const bool closer = t < best.t || (t == best.t && info.id[lane] < best.id);
      if (!closer || !inside_box(info.box[lane], ray, t)) continue;
      best.t = t;
      best.id = info.id[lane];
    }
  }
  return best;
}

template <class Kernel>
ASSAY_RENDER_TARGET bool any_hit(const AccelView& accel, const Ray& ray, float t_max,
                                 std::uint32_t except) {
  const typename Kernel::Wide wide = Kernel::widen(ray);
  alignas(32) float values[kLanes];
  StackEntry stack[kStackMax];
  unsigned top = 0;
  stack[top++] = {0, 0};
  while (top > 0) {
    const StackEntry entry = stack[--top];
    if ((entry.ref & kLeafBit) == 0) {
      const Node& node = accel.nodes[entry.ref];
      top = push_children(node, Kernel::boxes(node, wide, t_max, values), values, stack, top);
      continue;
    }
    unsigned mask = leaf_hits<Kernel>(accel, entry.ref, wide, t_max, values);
    for (; mask != 0; mask &= mask - 1) {
      const auto lane = static_cast<unsigned>(std::countr_zero(mask));
      const PacketInfo& info = leaf_info(accel, entry.ref);
      const float t = values[lane];
      if (t < t_max && info.id[lane] != except && inside_box(info.box[lane], ray, t)) return true;
    }
  }
  return false;
}

}  // namespace
}  // namespace assay::compute::render
