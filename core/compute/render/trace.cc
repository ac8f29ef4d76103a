#include "core/compute/render/trace.h"

#include <utility>

#include "core/compute/render/tracer.h"

namespace assay::compute::render {

World build_world(Scene scene) {
  World world;
  world.scene = std::move(scene);
  world.accel = build_accel(world.scene);
  world.lights = find_lights(world.scene);
  return world;
}

Path trace_path(const WorldView& world, const Intersector& ask, const Picture& picture,
                std::uint32_t x, std::uint32_t y, PathRandom& random) {
  const Ray ray = camera_ray(world.camera, picture, x, y, random);
  return Tracer<Intersector>(world, ask, picture.max_bounces, random).run(ray);
}

}  // namespace assay::compute::render
