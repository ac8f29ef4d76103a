// The light that arrives along one path: a plain path tracer with light sampling. Pure functions of
// an immutable World; any thread. Every bit is RX-1 arithmetic, in the order of trace.cc.
//
// Diffuse surfaces sample one light each (cone of a sphere, area of a flat) and do not count lights
// that their bounce happens to hit. Metal and glass reflect and refract by Schlick's approximation;
// glossy is a diffuse body under a clear coat. From the fourth bounce on a path survives with the
// probability of its throughput. Light is multiplied by the camera's exposure, so that white is
// about 1; then a light that a path meets by chance after a diffuse bounce (a caustic) is scaled
// down to kGlintMax, and a whole sample to kRadianceMax, which takes the noise of rare bright paths
// away. All of it is part of the definition.
#pragma once

#include "core/compute/render/accel.h"
#include "core/compute/render/path_random.h"

namespace assay::compute::render {

inline constexpr float kGlintMax = 1;
inline constexpr float kRadianceMax = 16;
inline constexpr std::uint32_t kBouncesMax = 64;

// An emissive primitive, and how likely it is to be asked: up to kWeighedLights in proportion to
// power / distance^2 from where the light is wanted; more of them half in proportion to power and
// half evenly.
inline constexpr std::size_t kWeighedLights = 16;
struct Light {
  std::uint32_t id = 0;
  std::uint64_t upto = 0;  // chosen by a random word w with (the light before).upto <= w < upto
  float share = 0;         // the chance of that
  float area = 0;          // of a flat
  float power = 0;
  float near2 = 0;  // no distance^2 counts as less
  Vec3 middle;
};

struct World {
  Scene scene;
  Accel accel;
  std::vector<Light> lights;
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
Path trace_path(const World& world, const Intersector& ask, const Picture& picture, std::uint32_t x,
                std::uint32_t y, PathRandom& random);

}  // namespace assay::compute::render
