// What a path needs to know about the point it hit. Pure; any thread.
#pragma once

#include "core/compute/render/trace.h"

namespace assay::compute::render {

struct Surface {
  Vec3 position;     // on the primitive, corrected for the error of the hit's distance
  Vec3 face;         // unit normal of the primitive, on the side the ray came from
  Vec3 shading;      // the same, smoothed
  float offset = 0;  // how far off the surface a new ray must start
  bool entering = false;
  const Material* material = nullptr;
};
Surface surface_at(const World& world, const Ray& ray, const Hit& hit);

// Where rays leave the surface on the side of the face normal, and on the other.
inline Vec3 outside_of(const Surface& s) {
  return s.position + s.face * s.offset;
}
inline Vec3 inside_of(const Surface& s) {
  return s.position - s.face * s.offset;
}

// The material's colour there, checkered or not.
Vec3 color_at(const Surface& surface);

// Two unit vectors that make a frame with the unit vector n (Duff et al., "Building an Orthonormal
// Basis, Revisited", JCGT 6(1), 2017).
struct Frame {
  Vec3 x, y;
};
Frame frame_of(Vec3 n);

// Light from one randomly chosen light, as reflected by a white diffuse surface.
Vec3 direct_light(const World& world, const Intersector& ask, const Surface& surface,
                  PathRandom& random);
std::vector<Light> find_lights(const Scene& scene);

}  // namespace assay::compute::render
