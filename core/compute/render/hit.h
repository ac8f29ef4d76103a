// The definition of every hit: one lane at a time. hit_avx2.cc equals it bit for bit; the CUDA twin
// is this very code. Pure; any thread.
#pragma once

#include "core/compute/render/accel.h"

namespace assay::compute::render {

ASSAY_SHARED inline float along(const float row[4][kLanes], unsigned lane, Vec3 v) {
  return dot({row[0][lane], row[1][lane], row[2][lane]}, v);
}

// Both leave t alone unless 0 < t <= t_max.
//
// The stable quadratic of Haines et al., "Precision Improvements for Ray/Sphere Intersection",
// Ray Tracing Gems (2019), chapter 7: no cancellation for small or far spheres.
ASSAY_SHARED inline bool hit_sphere(const SpherePacket& packet, unsigned lane, const Ray& ray,
                                    float t_max, float& t) {
  const Vec3 f = ray.origin - Vec3{packet.x[lane], packet.y[lane], packet.z[lane]};
  const float b = -dot(f, ray.direction);
  const Vec3 l = f + ray.direction * b;
  const float discriminant = packet.r2[lane] - dot(l, l);
  if (!(discriminant >= 0)) return false;
  const float q = b + std::copysign(std::sqrt(discriminant), b);
  const float other = (dot(f, f) - packet.r2[lane]) / q;
  const float near = lesser(other, q);
  const float at = near > 0 ? near : greater(other, q);
  if (!(at > 0 && at <= t_max)) return false;
  t = at;
  return true;
}

ASSAY_SHARED inline bool hit_flat(const FlatPacket& packet, unsigned lane, const Ray& ray,
                                  float t_max, float& t) {
  const float height = along(packet.normal, lane, ray.origin) + packet.normal[3][lane];
  const float at = -height / along(packet.normal, lane, ray.direction);
  if (!(at > 0 && at <= t_max)) return false;
  const Vec3 p = ray.origin + ray.direction * at;
  const float u = along(packet.u, lane, p) + packet.u[3][lane];
  const float v = along(packet.v, lane, p) + packet.v[3][lane];
  const bool inside = u >= -kEdgeSlack && v >= -kEdgeSlack && u <= 1.0F + kEdgeSlack &&
                      v <= 1.0F + kEdgeSlack && u + v <= packet.sum_max[lane];
  if (!inside) return false;
  t = at;
  return true;
}

// The Kernel of traverse.h.
struct ScalarKernel {
  using Wide = Ray;
  ASSAY_SHARED static const Ray& widen(const Ray& ray) { return ray; }

  ASSAY_SHARED static unsigned boxes(const Node& node, const Ray& ray, float t_max, float* near) {
    unsigned mask = 0;
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      const Box box{{node.bounds[0][lane], node.bounds[1][lane], node.bounds[2][lane]},
                    {node.bounds[3][lane], node.bounds[4][lane], node.bounds[5][lane]}};
      const Span span = box_span(box, ray);
      near[lane] = greater(span.near, 0);
      if (near[lane] <= lesser(span.far, t_max)) mask |= 1U << lane;
    }
    return mask;
  }

  ASSAY_SHARED static unsigned spheres(const SpherePacket& packet, const Ray& ray, float t_max,
                                       float* t) {
    unsigned mask = 0;
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      if (hit_sphere(packet, lane, ray, t_max, t[lane])) mask |= 1U << lane;
    }
    return mask;
  }

  ASSAY_SHARED static unsigned flats(const FlatPacket& packet, const Ray& ray, float t_max,
                                     float* t) {
    unsigned mask = 0;
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      if (hit_flat(packet, lane, ray, t_max, t[lane])) mask |= 1U << lane;
    }
    return mask;
  }
};

}  // namespace assay::compute::render
