#include <algorithm>

#include "core/compute/render/surface.h"

namespace assay::compute::render {
namespace {

constexpr double kPi = 3.14159265358979323846;

double power_of(const Material& material, double surface) {
  if (material.kind != MaterialKind::emissive) return 0;
  const Vec3 c = material.color;
  return (0.2126 * double{c.x} + 0.7152 * double{c.y} + 0.0722 * double{c.z}) * surface;
}

struct Choice {
  const Light* light = nullptr;
  float share = 0;
};

Choice choose(const std::vector<Light>& lights, Vec3 at, PathRandom& random) {
  if (lights.size() > kWeighedLights) {
    const std::uint64_t word = random.word();
    const Light& light =
        *std::upper_bound(lights.begin(), lights.end(), word,
                          [](std::uint64_t w, const Light& l) { return w < l.upto; });
    return {&light, light.share};
  }
  if (lights.size() == 1) return {lights.data(), 1};
  float sums[kWeighedLights] = {};
  float sum = 0;
  for (std::size_t i = 0; i < lights.size(); ++i) {
    const Vec3 to = lights[i].middle - at;
    sum += lights[i].power / greater(dot(to, to), lights[i].near2);
    sums[i] = sum;
  }
  const float wanted = random.unit() * sum;
  std::size_t i = 0;
  while (i + 1 < lights.size() && !(wanted < sums[i])) ++i;
  return {&lights[i], (sums[i] - (i == 0 ? 0 : sums[i - 1])) / sum};
}

// A direction towards the light, and what a white diffuse surface makes of its radiance.
struct Aim {
  Vec3 direction;
  float factor = 0;  // 0: nothing from there
};

// Uniform over the cone that the sphere fills.
Aim aim_at_sphere(const Sphere& sphere, const Surface& surface, PathRandom& random) {
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
Aim aim_at_flat(const Flat& flat, Vec3 normal, float area, const Surface& surface,
                PathRandom& random) {
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

}  // namespace

std::vector<Light> find_lights(const Scene& scene) {
  std::vector<Light> lights;
  std::vector<double> powers;
  double total = 0;
  const auto add = [&](Light light, std::uint32_t material, double surface) {
    const double power = power_of(scene.materials[material], surface);
    if (!(power > 0)) return;
    total += power;
    light.power = static_cast<float>(power);
    powers.push_back(power);
    lights.push_back(light);
  };
  Light light;
  for (const Sphere& s : scene.spheres) {
    light.near2 = s.radius * s.radius;
    light.middle = s.center;
    add(light, s.material, 4 * kPi * double{s.radius} * double{s.radius});
    ++light.id;
  }
  for (const Flat& flat : scene.flats) {
    const Vec3 normal = cross(flat.edge_u, flat.edge_v);
    light.area = std::sqrt(dot(normal, normal)) * (flat.quad ? 1.0F : 0.5F);
    light.near2 = light.area * 0.25F;
    light.middle = flat.corner + (flat.edge_u + flat.edge_v) * (flat.quad ? 0.5F : 1.0F / 3.0F);
    add(light, flat.material, 2 * double{light.area});
    ++light.id;
  }
  double sum = 0;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < lights.size(); ++i) {
    sum += 0.5 * powers[i] / total + 0.5 / static_cast<double>(lights.size());
    const bool last = i + 1 == lights.size();
    lights[i].upto = last ? std::uint64_t{1} << 32 : static_cast<std::uint64_t>(sum * 0x1p32);
    lights[i].share = static_cast<float>(lights[i].upto - before) * 0x1p-32F;
    before = lights[i].upto;
  }
  return lights;
}

Vec3 direct_light(const World& world, const Intersector& ask, const Surface& surface,
                  PathRandom& random) {
  if (world.lights.empty()) return {};
  const Choice choice = choose(world.lights, surface.position, random);
  const Light& light = *choice.light;
  const Slot slot = world.accel.slots[light.id];
  const std::size_t spheres = world.scene.spheres.size();
  const bool round = light.id < spheres;
  Aim aim;
  std::uint32_t material = 0;
  if (round) {
    const Sphere& sphere = world.scene.spheres[light.id];
    aim = aim_at_sphere(sphere, surface, random);
    material = sphere.material;
  } else {
    const Flat& flat = world.scene.flats[light.id - spheres];
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
  return world.scene.materials[material].color * (aim.factor / choice.share);
}

}  // namespace assay::compute::render
