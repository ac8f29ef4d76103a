#include "core/compute/render/hit.h"

#include <bit>
#include <cmath>

#include "tests/catch.h"
#include "tests/core/compute/levels.h"
#include "tests/core/compute/render/random_scene.h"

namespace assay::compute::render {
namespace {

using test::Dice;

// The definition of accel.h said in full: ask every primitive, keep the smallest (t, id).
bool hit_alone(const Accel& accel, std::size_t spheres, std::uint32_t id, const Ray& ray,
               float& t) {
  const Slot slot = accel.slots[id];
  const bool round = id < spheres;
  const PacketInfo& info = round ? accel.sphere_info[slot.packet] : accel.flat_info[slot.packet];
  REQUIRE(info.id[slot.lane] == id);
  const bool hit = round ? hit_sphere(accel.spheres[slot.packet], slot.lane, ray, kFar, t)
                         : hit_flat(accel.flats[slot.packet], slot.lane, ray, kFar, t);
  return hit && inside_box(info.box[slot.lane], ray, t);
}

Hit closest_of_all(const Accel& accel, std::size_t spheres, const Ray& ray) {
  Hit best;
  for (std::uint32_t id = 0; id < accel.slots.size(); ++id) {
    float t = 0;
    if (!hit_alone(accel, spheres, id, ray, t)) continue;
    if (t < best.t || (t == best.t && id < best.id)) best = {t, id, 0};
  }
  return best;
}

bool any_of_all(const Accel& accel, std::size_t spheres, const Ray& ray, float t_max,
                std::uint32_t except) {
  for (std::uint32_t id = 0; id < accel.slots.size(); ++id) {
    float t = 0;
    if (id != except && hit_alone(accel, spheres, id, ray, t) && t < t_max) return true;
  }
  return false;
}

bool same(const Hit& a, const Hit& b) {
  return a.id == b.id && std::bit_cast<std::uint32_t>(a.t) == std::bit_cast<std::uint32_t>(b.t);
}

TEST_CASE("the tree finds what asking every primitive finds, at every level, bit for bit") {
  std::size_t hits = 0, rays = 0;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    const Scene scene = test::random_scene(seed, seed % 4 == 0 ? 300 : 40);
    const Accel accel = build_accel(scene);
    Dice dice(seed + 1000);
    for (int i = 0; i < 150; ++i) {
      const Ray ray = test::random_ray(scene, dice);
      const Hit wanted = closest_of_all(accel, scene.spheres.size(), ray);
      const float t_max = dice.between(0, 10);
      const auto except = static_cast<std::uint32_t>(dice.below(accel.slots.size() + 1));
      const bool dark = any_of_all(accel, scene.spheres.size(), ray, t_max, except);
      const Hit scalar = scalar_intersector().closest(accel, ray);
      for (const CpuLevel level : test::cpu_levels()) {
        const Intersector ask = intersector(level);
        const Hit found = ask.closest(accel, ray);
        if (!same(found, wanted) || found.visits != scalar.visits ||
            ask.occluded(accel, ray, t_max, except) != dark) {
          INFO("seed " << seed << ", ray " << i << ", " << cpu_level_name(level));
          CHECK(found.id == wanted.id);
          CHECK(found.t == wanted.t);
          CHECK(found.visits == scalar.visits);
          CHECK(ask.occluded(accel, ray, t_max, except) == dark);
        }
      }
      hits += wanted.id != kNoPrimitive;
      ++rays;
    }
  }
  CHECK(hits * 2 > rays);  // the rays do meet things
}

TEST_CASE("of several primitives at one distance the first in the file is hit") {
  Scene scene;
  scene.materials.resize(1);
  for (int i = 0; i < 40; ++i) scene.spheres.push_back({{0, 0, 0}, 1, 0});
  for (int i = 0; i < 40; ++i) scene.flats.push_back({{-2, -2, 1}, {4, 0, 0}, {0, 4, 0}, true});
  const Accel accel = build_accel(scene);
  for (const CpuLevel level : test::cpu_levels()) {
    const Hit front = intersector(level).closest(accel, make_ray({0, 0, 5}, {0, 0, -1}));
    CHECK(front.t == 4);
    CHECK(front.id == 0);
    const Hit side = intersector(level).closest(accel, make_ray({1.5F, 0, 5}, {0, 0, -1}));
    CHECK(side.t == 4);
    CHECK(side.id == 40);
  }
}

TEST_CASE("a scene without anything to hit is all background") {
  const Accel accel = build_accel(Scene());
  for (const CpuLevel level : test::cpu_levels()) {
    CHECK(intersector(level).closest(accel, make_ray({0, 0, 5}, {0, 0, -1})).id == kNoPrimitive);
    CHECK_FALSE(intersector(level).occluded(accel, make_ray({0, 0, 5}, {0, 0, -1}), kFar, 0));
  }
}

TEST_CASE("distances agree with the geometry") {
  struct Case {
    const char* what;
    Vec3 origin, direction;
    float t;  // 0: a miss
  };
  Scene scene;
  scene.materials.resize(1);
  scene.spheres.push_back({{0, 0, 0}, 1, 0});
  scene.flats.push_back({{10, 0, 0}, {2, 0, 0}, {0, 2, 0}, false});
  scene.flats.push_back({{20, 0, 0}, {2, 0, 0}, {0, 2, 0}, true});
  const Accel accel = build_accel(scene);
  const Case cases[] = {
      {"a sphere from outside", {0, 0, 3}, {0, 0, -1}, 2},
      {"from inside, the far wall", {0, 0, 0.5F}, {0, 0, -1}, 1.5F},
      {"behind the ray", {0, 0, 3}, {0, 0, 1}, 0},
      {"past the sphere", {1.01F, 0, 3}, {0, 0, -1}, 0},
      {"a triangle", {10.5F, 0.5F, 1}, {0, 0, -1}, 1},
      {"a triangle from behind", {10.5F, 0.5F, -1}, {0, 0, 1}, 1},
      {"the missing half of a triangle", {11.5F, 1.5F, 1}, {0, 0, -1}, 0},
      {"the same half of a quad", {21.5F, 1.5F, 1}, {0, 0, -1}, 1},
      {"beside a quad", {22.5F, 1, 1}, {0, 0, -1}, 0},
      {"along a quad", {19, 1, 0}, {1, 0, 0}, 0},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    const Hit hit = scalar_intersector().closest(accel, make_ray(c.origin, c.direction));
    CHECK((hit.id != kNoPrimitive) == (c.t > 0));
    if (c.t > 0) CHECK(std::fabs(hit.t - c.t) <= 1e-6F * c.t);
  }
}

TEST_CASE("no ray slips between the triangles of a closed mesh") {
  // A fan of slivers around (0, 0): every ray through the disc passes near many edges.
  Scene scene;
  scene.materials.resize(1);
  constexpr int kSlivers = 997;
  Vec3 last{1, 0, 0};
  for (int i = 1; i <= kSlivers; ++i) {
    const double angle = 6.283185307179586 * i / kSlivers;
    const Vec3 next{static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle)), 0};
    scene.flats.push_back({{0, 0, 0}, last, next, false});
    last = next;
  }
  const Accel accel = build_accel(scene);
  Dice dice(7);
  for (int i = 0; i < 20000; ++i) {
    const float x = dice.between(-0.7F, 0.7F), y = dice.between(-0.7F, 0.7F);
    const Vec3 direction = normalized(Vec3{x, y, 0} - Vec3{0.3F, -0.2F, 4});
    const Hit hit = scalar_intersector().closest(accel, make_ray({0.3F, -0.2F, 4}, direction));
    if (hit.id == kNoPrimitive) FAIL("slipped through at " << x << ", " << y);
  }
}

}  // namespace
}  // namespace assay::compute::render
