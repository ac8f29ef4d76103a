#include "core/compute/render/direct_light.h"

namespace assay::compute::render {
namespace {

double power_of(const Material& material, double surface) {
  if (material.kind != MaterialKind::emissive) return 0;
  const Vec3 c = material.color;
  return (0.2126 * double{c.x} + 0.7152 * double{c.y} + 0.0722 * double{c.z}) * surface;
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

}  // namespace assay::compute::render
