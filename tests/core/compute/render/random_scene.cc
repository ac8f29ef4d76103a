#include "tests/core/compute/render/random_scene.h"

#include <cmath>

namespace assay::test {

using namespace compute::render;

namespace {

enum class Style { plain, one_place, grid, needles, giants, far_away, count };

float whole(float x) {
  return static_cast<float>(static_cast<int>(x));
}
Vec3 whole(Vec3 v) {
  return {whole(v.x), whole(v.y), whole(v.z)};
}

Vec3 place(Style style, Dice& dice) {
  switch (style) {
    case Style::one_place: return {1, 2, 3};
    case Style::grid: return whole(dice.vector(4));
    case Style::far_away: return Vec3{9e5F, -9e5F, 9e5F} + dice.vector(50);
    default: return dice.vector(5);
  }
}

float size(Style style, Dice& dice) {
  if (style == Style::grid) return 1;
  if (style == Style::giants) return dice.below(4) == 0 ? 1000.0F : 0.001F;
  return dice.between(0.05F, 1.5F);
}

Flat random_flat(Style style, Dice& dice, std::uint32_t materials) {
  Flat flat;
  do {
    flat.corner = place(style, dice);
    flat.edge_u = dice.vector(2) * size(style, dice);
    flat.edge_v = dice.vector(2) * size(style, dice);
    if (style == Style::grid) {
      flat.edge_u = whole(dice.vector(3));
      flat.edge_v = whole(dice.vector(3));
    }
    if (style == Style::needles) flat.edge_v = flat.edge_u + dice.vector(0.001F);
  } while (!has_area(flat));
  flat.quad = dice.below(2) == 0;
  flat.material = static_cast<std::uint32_t>(dice.below(materials));
  return flat;
}

}  // namespace

Scene random_scene(std::uint64_t seed, std::size_t most) {
  Dice dice(seed);
  Scene scene;
  const auto styles = static_cast<std::uint64_t>(Style::count);
  const auto style = seed % 3 == 0 ? static_cast<Style>(seed / 3 % styles) : Style::plain;
  scene.camera.position = {0, 0, 12};
  scene.camera.centre = place(style, dice) * 0.1F;
  scene.camera.right = {4, 0, 0};
  scene.camera.up = {0, 4, 0};
  scene.camera.lens_right = {0.1F, 0, 0};
  scene.camera.lens_up = {0, 0.1F, 0};
  scene.camera.has_lens = seed % 2 == 0;
  scene.horizon = {0.9F, 0.7F, 0.5F};
  scene.zenith = {0.1F, 0.2F, 0.6F};
  for (std::uint32_t i = 0; i < 10; ++i) {
    Material material;
    material.kind = static_cast<MaterialKind>(i % 5);
    material.color = {dice.between(0, 1), dice.between(0, 1), dice.between(0, 1)};
    material.fuzz = i < 5 ? 0 : 0.3F;
    material.checker_size = i < 5 ? 0 : 0.7F;
    material.ior = 1.3F;
    scene.materials.push_back(material);
  }
  for (std::uint64_t i = dice.below(most + 1); i > 0; --i) {
    const auto material = static_cast<std::uint32_t>(dice.below(scene.materials.size()));
    const Vec3 center = place(style, dice);
    scene.spheres.push_back({center, size(style, dice), material});
  }
  for (std::uint64_t i = dice.below(most + 1); i > 0; --i) {
    Flat flat = random_flat(style, dice, 10);
    if (!flat.quad && dice.below(2) == 0) {
      const Vec3 face = normalized(cross(flat.edge_u, flat.edge_v));
      flat.normals = static_cast<std::uint32_t>(scene.normals.size());
      scene.normals.push_back({normalized(face + dice.vector(0.3F)), face, face});
    }
    scene.flats.push_back(flat);
  }
  return scene;
}

Ray random_ray(const Scene& scene, Dice& dice) {
  Vec3 origin = dice.vector(8);
  Vec3 aim = dice.vector(5);
  if (!scene.spheres.empty() && dice.below(2) == 0) {
    const Sphere& sphere = scene.spheres[dice.below(scene.spheres.size())];
    aim = sphere.center + dice.vector(sphere.radius);
    if (dice.below(4) == 0) origin = sphere.center + Vec3{sphere.radius, 0, 0};
    if (dice.below(4) == 0) origin = sphere.center - Vec3{sphere.radius, sphere.radius, 0};
  } else if (!scene.flats.empty()) {
    const Flat& flat = scene.flats[dice.below(scene.flats.size())];
    aim = (flat.corner + flat.edge_u * dice.between(0, 1)) + flat.edge_v * dice.between(0, 0.5F);
    if (dice.below(4) == 0) origin = flat.corner + flat.edge_u;
  }
  Vec3 direction = aim - origin;
  switch (dice.below(6)) {
    case 0: direction = {0, direction.y, 0}; break;
    case 1: direction = {direction.x, 0, -0.0F}; break;
    case 2: direction.z = 0; break;
    default: break;
  }
  if (!(dot(direction, direction) > 1e-12F)) direction = {0, -1, 0};
  return make_ray(origin, normalized(direction));
}

}  // namespace assay::test
