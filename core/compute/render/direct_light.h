// Light from one randomly chosen light, as a diffuse surface sees it. Pure; any thread.
#pragma once

#include <vector>

#include "core/compute/render/hit.h"
#include "core/compute/render/path_random.h"
#include "core/compute/render/surface.h"

namespace assay::compute::render {

inline constexpr double kPi = 3.14159265358979323846;

std::vector<Light> find_lights(const Scene& scene);

struct Choice {
  const Light* light = nullptr;
  float share = 0;
};

ASSAY_SHARED inline Choice choose(const WorldView& world, Vec3 at, PathRandom& random) {
  const Light* lights = world.lights;
  const std::size_t count = world.light_count;
  if (count > kWeighedLights) {
    const std::uint64_t word = random.word();
    std::size_t first = 0;  // of those with word < upto
    for (std::size_t end = count - 1; first < end;) {
      const std::size_t middle = first + (end - first) / 2;
      word < lights[middle].upto ? end = middle : first = middle + 1;
    }
    return {&lights[first], lights[first].share};
  }
  if (count == 1) return {lights, 1};
  float sums[kWeighedLights] = {};
  float sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Vec3 to = lights[i].middle - at;
    sum += lights[i].power / greater(dot(to, to), lights[i].near2);
    sums[i] = sum;
  }
  const float wanted = random.unit() * sum;
  std::size_t i = 0;
  while (i + 1 < count && !(wanted < sums[i])) ++i;
  return {&lights[i], (sums[i] - (i == 0 ? 0 : sums[i - 1])) / sum};
}

// A direction towards the light, and what a white diffuse surface makes of its radiance.
struct Aim {
  Vec3 direction;
  float factor = 0;  // 0: nothing from there
};

// Uniform over the cone that the sphere fills.
ASSAY_SHARED inline Aim aim_at_sphere(const Sphere& sphere, const Surface& surface,
                                      PathRandom& random) {
  const Vec3 to = sphere.center - surface.position;
  const float distance2 = dot(to, to);
  const float r2 = sphere.radius * sphere.radius;
  if (!(distance2 > r2 * 1.0001F)) return {};
  const float sin2_max = r2 / distance2;
  const float cone = sin2_max / (1.0F + std::sqrt(1.0F - sin2_max));  // 1 - cos of its half angle
  const PathRandom::Disc disc = random.disc();
  const float k = disc.square * cone;  // 1 - cos of the chosen angle
  const float side = std::sqrt(k * (2.0F - k)) / std::sqrt(disc.square);
  const Vec3 axis = to * (1.0F / std::sqrt(distance2));
  const Frame frame = frame_of(axis);
  Aim aim;
  aim.direction = (frame.x * (disc.x * side) + frame.y * (disc.y * side)) + axis * (1.0F - k);
  aim.factor = 2.0F * cone * dot(aim.direction, surface.shading);
  return aim;
}

// Uniform over its area.
ASSAY_SHARED inline Aim aim_at_flat(const Flat& flat, Vec3 normal, float area,
                                    const Surface& surface, PathRandom& random) {
  float u = random.unit();
  float v = random.unit();
  if (!flat.quad && u + v > 1.0F) {
    u = 1.0F - u;
    v = 1.0F - v;
  }
  const Vec3 to = ((flat.corner + flat.edge_u * u) + flat.edge_v * v) - surface.position;
  const float distance2 = dot(to, to);
  if (!(distance2 > 1e-12F)) return {};
  Aim aim;
  aim.direction = to * (1.0F / std::sqrt(distance2));
  const float facing = std::fabs(dot(aim.direction, normal)) * dot(aim.direction, surface.shading);
  aim.factor = facing * area / (static_cast<float>(kPi) * distance2);
  return aim;
}

// As reflected by a white diffuse surface. Ask: as Tracer's (tracer.h).
template <class Ask>
ASSAY_SHARED Vec3 direct_light(const WorldView& world, const Ask& ask, const Surface& surface,
                               PathRandom& random) {
  if (world.light_count == 0) return {};
  const Choice choice = choose(world, surface.position, random);
  const Light& light = *choice.light;
  const Slot slot = world.accel.slots[light.id];
  const std::size_t spheres = world.sphere_count;
  const bool round = light.id < spheres;
  Aim aim;
  std::uint32_t material = 0;
  if (round) {
    const Sphere& sphere = world.spheres[light.id];
    aim = aim_at_sphere(sphere, surface, random);
    material = sphere.material;
  } else {
    const Flat& flat = world.flats[light.id - spheres];
    const FlatPacket& packet = world.accel.flats[slot.packet];
    const Vec3 normal{packet.normal[0][slot.lane], packet.normal[1][slot.lane],
                      packet.normal[2][slot.lane]};
    aim = aim_at_flat(flat, normal, light.area, surface, random);
    material = flat.material;
  }
  if (!(aim.factor > 0 && dot(aim.direction, surface.face) > 0)) return {};
  const Ray ray = make_ray(outside_of(surface), aim.direction);
  float t = 0;
  const bool reached = round ? hit_sphere(world.accel.spheres[slot.packet], slot.lane, ray, kFar, t)
                             : hit_flat(world.accel.flats[slot.packet], slot.lane, ray, kFar, t);
  if (!reached || ask.occluded(world.accel, ray, t, light.id)) return {};
  return world.materials[material].color * (aim.factor / choice.share);
}

}  // namespace assay::compute::render
