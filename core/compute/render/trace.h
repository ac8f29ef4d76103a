// The light that arrives along one path: a plain path tracer with light sampling. Pure functions of
// an immutable World; any thread. Every bit is RX-1 arithmetic, in the order of tracer.h.
//
// Diffuse surfaces sample one light each (cone of a sphere, area of a flat) and do not count lights
// that their bounce happens to hit. Metal and glass reflect and refract by Schlick's approximation;
// glossy is a diffuse body under a clear coat. From the fourth bounce on a path survives with the
// probability of its throughput. Light is multiplied by the camera's exposure, so that white is
// about 1; then a light that a path meets by chance after a diffuse bounce (a caustic) is scaled
// down to kGlintMax, and a whole sample to kRadianceMax, which takes the noise of rare bright paths
// away. All of it is part of the definition.
#pragma once

#include "core/compute/render/path_random.h"
#include "core/compute/render/world_view.h"

namespace assay::compute::render {

inline constexpr float kGlintMax = 1;
inline constexpr float kRadianceMax = 16;
inline constexpr std::uint32_t kBouncesMax = 64;

struct World {
  Scene scene;
  Accel accel;
  std::vector<Light> lights;

  operator WorldView() const {  // NOLINT(google-explicit-constructor): a view borrows
    return {scene.camera,
            scene.horizon,
            scene.zenith,
            scene.materials.data(),
            scene.spheres.data(),
            static_cast<std::uint32_t>(scene.spheres.size()),
            static_cast<std::uint32_t>(lights.size()),
            scene.flats.data(),
            scene.normals.data(),
            lights.data(),
            accel};
  }
};
World build_world(Scene scene);

struct Picture {
  std::uint32_t width = 0, height = 0, samples = 0, max_bounces = 0;
};

struct Path {
  Vec3 radiance;             // exposed; each part in [0, kRadianceMax], never NaN
  std::uint32_t visits = 0;  // of nodes and packets: what it cost
};
// One path through a random point of pixel (x, y), 0 at the top left.
Path trace_path(const WorldView& world, const Intersector& ask, const Picture& picture,
                std::uint32_t x, std::uint32_t y, PathRandom& random);

}  // namespace assay::compute::render
