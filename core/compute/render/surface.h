// What a path needs to know about the point it hit. Pure; any thread.
#pragma once

#include "core/compute/render/world_view.h"

namespace assay::compute::render {

struct Surface {
  Vec3 position;     // on the primitive, corrected for the error of the hit's distance
  Vec3 face;         // unit normal of the primitive, on the side the ray came from
  Vec3 shading;      // the same, smoothed
  float offset = 0;  // how far off the surface a new ray must start
  bool entering = false;
  const Material* material = nullptr;
};

// Where rays leave the surface on the side of the face normal, and on the other.
ASSAY_SHARED inline Vec3 outside_of(const Surface& s) {
  return s.position + s.face * s.offset;
}
ASSAY_SHARED inline Vec3 inside_of(const Surface& s) {
  return s.position - s.face * s.offset;
}

inline constexpr float kOffset = 0x1p-17F;  // of the largest coordinate of the primitive

ASSAY_SHARED inline float largest_part(Vec3 v) {
  return greater(greater(std::fabs(v.x), std::fabs(v.y)), std::fabs(v.z));
}

ASSAY_SHARED inline Vec3 row(const float rows[4][kLanes], unsigned lane) {
  return {rows[0][lane], rows[1][lane], rows[2][lane]};
}

ASSAY_SHARED inline void place_on_sphere(Surface& surface, const Sphere& sphere) {
  surface.face = normalized(surface.position - sphere.center);
  surface.position = sphere.center + surface.face * sphere.radius;
  surface.shading = surface.face;
  surface.offset = (largest_part(sphere.center) + sphere.radius) * kOffset;
}

ASSAY_SHARED inline void place_on_flat(Surface& surface, const WorldView& world, const Flat& flat,
                                       const FlatPacket& packet, unsigned lane) {
  surface.face = row(packet.normal, lane);
  const float height = dot(surface.face, surface.position) + packet.normal[3][lane];
  surface.position = surface.position - surface.face * height;
  surface.shading = surface.face;
  const float reach = greater(
      largest_part(flat.corner),
      greater(largest_part(flat.corner + flat.edge_u), largest_part(flat.corner + flat.edge_v)));
  surface.offset = reach * kOffset;
  if (flat.normals == kNoNormal) return;
  const std::array<Vec3, 3>& corners = world.normals[flat.normals];
  const float u = dot(row(packet.u, lane), surface.position) + packet.u[3][lane];
  const float v = dot(row(packet.v, lane), surface.position) + packet.v[3][lane];
  const Vec3 mixed = (corners[0] * ((1.0F - u) - v) + corners[1] * u) + corners[2] * v;
  if (dot(mixed, mixed) > 1e-6F) surface.shading = normalized(mixed);
  if (dot(surface.shading, surface.face) < 0) surface.shading = -surface.shading;
}

ASSAY_SHARED inline std::int64_t floor_of(float x) {
  const auto whole = static_cast<std::int64_t>(x);
  return static_cast<float>(whole) > x ? whole - 1 : whole;
}

ASSAY_SHARED inline Surface surface_at(const WorldView& world, const Ray& ray, const Hit& hit) {
  const std::size_t spheres = world.sphere_count;
  Surface surface;
  surface.position = ray.origin + ray.direction * hit.t;
  if (hit.id < spheres) {
    const Sphere& sphere = world.spheres[hit.id];
    place_on_sphere(surface, sphere);
    surface.material = &world.materials[sphere.material];
  } else {
    const Flat& flat = world.flats[hit.id - spheres];
    const Slot slot = world.accel.slots[hit.id];
    place_on_flat(surface, world, flat, world.accel.flats[slot.packet], slot.lane);
    surface.material = &world.materials[flat.material];
  }
  surface.entering = dot(ray.direction, surface.face) < 0;
  if (!surface.entering) {
    surface.face = -surface.face;
    surface.shading = -surface.shading;
  }
  // A smoothed normal may look away from the ray near a silhouette; the face never does.
  if (!(dot(ray.direction, surface.shading) < 0)) surface.shading = surface.face;
  return surface;
}

// The material's colour there, checkered or not.
ASSAY_SHARED inline Vec3 color_at(const Surface& surface) {
  const Material& material = *surface.material;
  if (!(material.checker_size > 0)) return material.color;
  const std::int64_t x = floor_of(surface.position.x / material.checker_size);
  const std::int64_t z = floor_of(surface.position.z / material.checker_size);
  return ((x + z) & 1) == 0 ? material.color : material.checker_color;
}

// Two unit vectors that make a frame with the unit vector n (Duff et al., "Building an Orthonormal
// Basis, Revisited", JCGT 6(1), 2017).
struct Frame {
  Vec3 x, y;
};
ASSAY_SHARED inline Frame frame_of(Vec3 n) {
  const float sign = std::copysign(1.0F, n.z);
  const float a = -1.0F / (sign + n.z);
  const float b = n.x * n.y * a;
  return {{1.0F + sign * n.x * n.x * a, sign * b, -sign * n.x}, {b, sign + n.y * n.y * a, -n.y}};
}

}  // namespace assay::compute::render
