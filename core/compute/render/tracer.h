// The path tracer itself, once for every Ask: see trace.h for what it computes. The definition on
// the CPU, and the same code in the CUDA kernel. One Tracer is one path; one thread.
#pragma once

#include "core/compute/render/direct_light.h"
#include "core/compute/render/trace.h"

namespace assay::compute::render {

inline constexpr std::uint32_t kRouletteFrom = 3;  // bounces
inline constexpr float kSurvivalMin = 0x1p-4F;
inline constexpr float kCoatChanceMin = 0.25F;

ASSAY_SHARED inline Vec3 capped(Vec3 light, float most) {
  const float top = largest(light);
  return top > most ? light * (most / top) : light;
}

ASSAY_SHARED inline Vec3 reflected(Vec3 direction, Vec3 normal) {
  return direction - normal * (2.0F * dot(direction, normal));
}

// Schlick's (1 - cosine)^5, and the reflectance from r0 at normal incidence.
ASSAY_SHARED inline float fifth(float cosine) {
  const float x = 1.0F - lesser(cosine, 1.0F);
  const float x2 = x * x;
  return x2 * x2 * x;
}
ASSAY_SHARED inline float schlick(float r0, float cosine) {
  return r0 + (1.0F - r0) * fifth(cosine);
}
ASSAY_SHARED inline float normal_reflectance(float ior) {
  const float ratio = (1.0F - ior) / (1.0F + ior);
  return ratio * ratio;
}

ASSAY_SHARED inline Ray camera_ray(const Camera& camera, const Picture& picture, std::uint32_t x,
                                   std::uint32_t y, PathRandom& random) {
  const auto width = static_cast<float>(picture.width);
  const auto height = static_cast<float>(picture.height);
  const float sx = (2.0F * (static_cast<float>(x) + random.unit()) - width) / height;
  const float sy = (height - 2.0F * (static_cast<float>(y) + random.unit())) / height;
  const Vec3 target = (camera.centre + camera.right * sx) + camera.up * sy;
  Vec3 origin = camera.position;
  if (camera.has_lens) {
    const PathRandom::Disc disc = random.disc();
    origin = (origin + camera.lens_right * disc.x) + camera.lens_up * disc.y;
  }
  return make_ray(origin, normalized(target - origin));
}

// Ask answers closest(accel, ray) and occluded(accel, ray, t_max, except): an Intersector, or the
// device's own.
template <class Ask>
class Tracer {
 public:
  ASSAY_SHARED Tracer(const WorldView& world, const Ask& ask, std::uint32_t max_bounces,
                      PathRandom& random)
      : world_(world), ask_(ask), max_bounces_(max_bounces), random_(random) {}

  ASSAY_SHARED Path run(Ray ray) {
    for (std::uint32_t bounce = 0;; ++bounce) {
      const Hit hit = ask_.closest(world_.accel, ray);
      path_.visits += hit.visits;
      if (hit.id == kNoPrimitive) {
        const float up = std::sqrt(greater(ray.direction.y, 0));
        add(world_.horizon * (1.0F - up) + world_.zenith * up);
        break;
      }
      const Surface surface = surface_at(world_, ray, hit);
      if (surface.material->kind == MaterialKind::emissive) {
        const float most = diffused_ ? kGlintMax : kRadianceMax;
        if (lights_count_) add(surface.material->color, most);
        break;
      }
      if (bounce == max_bounces_ || !scatter(surface, ray)) break;
      if (bounce >= kRouletteFrom && !survives()) break;
    }
    const Vec3 sum = capped(path_.radiance, kRadianceMax);
    path_.radiance = {bounded(sum.x), bounded(sum.y), bounded(sum.z)};
    return path_;
  }

 private:
  ASSAY_SHARED static float bounded(float x) { return x > 0 ? lesser(x, kRadianceMax) : 0; }

  ASSAY_SHARED void add(Vec3 light, float most = kRadianceMax) {
    const Vec3 arriving = throughput_ * light * world_.camera.exposure;
    path_.radiance = path_.radiance + capped(arriving, most);
  }

  // Turns the ray into the next one; false when the light ends here.
  ASSAY_SHARED bool scatter(const Surface& surface, Ray& ray) {
    switch (surface.material->kind) {
      case MaterialKind::diffuse: return diffuse(surface, ray);
      case MaterialKind::glossy: return glossy(surface, ray);
      case MaterialKind::metal: {
        const Vec3 color = surface.material->color;
        const float edge = fifth(-dot(ray.direction, surface.shading));
        throughput_ = throughput_ * (color + (Vec3{1, 1, 1} - color) * edge);
        return mirror(surface, ray);
      }
      case MaterialKind::glass: return glass(surface, ray);
      case MaterialKind::emissive: break;
    }
    return false;
  }

  ASSAY_SHARED bool diffuse(const Surface& surface, Ray& ray) {
    throughput_ = throughput_ * color_at(surface);
    add(direct_light(world_, ask_, surface, random_));
    const PathRandom::Disc disc = random_.disc();
    const Frame frame = frame_of(surface.shading);
    const Vec3 direction =
        (frame.x * disc.x + frame.y * disc.y) + surface.shading * std::sqrt(1.0F - disc.square);
    if (!(dot(direction, surface.face) > 0)) return false;
    ray = make_ray(outside_of(surface), normalized(direction));
    lights_count_ = false;
    diffused_ = true;
    return true;
  }

  ASSAY_SHARED bool glossy(const Surface& surface, Ray& ray) {
    const float cosine = -dot(ray.direction, surface.shading);
    const float coat = schlick(normal_reflectance(surface.material->ior), cosine);
    // The coat is asked more often than it shines: its highlights are small and bright.
    const float chance = greater(coat, kCoatChanceMin);
    if (random_.unit() < chance) {
      throughput_ = throughput_ * (coat / chance);
      return mirror(surface, ray);
    }
    throughput_ = throughput_ * ((1.0F - coat) / (1.0F - chance));
    return diffuse(surface, ray);
  }

  ASSAY_SHARED bool mirror(const Surface& surface, Ray& ray) {
    Vec3 direction = reflected(ray.direction, surface.shading);
    if (surface.material->fuzz > 0) {
      direction = direction + random_.ball() * surface.material->fuzz;
    }
    if (!(dot(direction, surface.face) > 0)) return false;
    ray = make_ray(outside_of(surface), normalized(direction));
    lights_count_ = true;
    return true;
  }

  ASSAY_SHARED bool glass(const Surface& surface, Ray& ray) {
    const float ior = surface.material->ior;
    const float eta = surface.entering ? 1.0F / ior : ior;
    const float cosine = lesser(-dot(ray.direction, surface.shading), 1.0F);
    const float sine2 = eta * eta * (1.0F - cosine * cosine);
    lights_count_ = true;
    if (sine2 < 1.0F) {
      const float beyond = std::sqrt(1.0F - sine2);
      const float shine = schlick(normal_reflectance(ior), surface.entering ? cosine : beyond);
      if (!(random_.unit() < shine)) {
        const Vec3 direction = ray.direction * eta + surface.shading * (eta * cosine - beyond);
        if (!(dot(direction, surface.face) < 0)) return false;
        throughput_ = throughput_ * surface.material->color;
        ray = make_ray(inside_of(surface), normalized(direction));
        return true;
      }
    }
    const Vec3 direction = reflected(ray.direction, surface.shading);
    if (!(dot(direction, surface.face) > 0)) return false;
    ray = make_ray(outside_of(surface), normalized(direction));
    return true;
  }

  ASSAY_SHARED bool survives() {
    const float chance = greater(largest(throughput_), kSurvivalMin);
    if (!(chance < 1.0F)) return true;
    if (!(random_.unit() < chance)) return false;
    throughput_ = throughput_ * (1.0F / chance);
    return true;
  }

  const WorldView& world_;
  const Ask& ask_;
  const std::uint32_t max_bounces_;
  PathRandom& random_;
  Path path_;
  Vec3 throughput_{1, 1, 1};
  bool lights_count_ = true;  // whether a light that is hit has not been sampled already
  bool diffused_ = false;
};

}  // namespace assay::compute::render
