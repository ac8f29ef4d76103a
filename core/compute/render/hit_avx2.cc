// Eight lanes at once with AVX2, every operation in the order of hit_scalar.cc and none fused:
// equal bit for bit. minps and maxps take their second operand when unordered, as lesser() and
// greater() do; all comparisons are ordered, so a NaN is a miss in both.
#if defined(__x86_64__)
#include <immintrin.h>

// AVX2 code stays inside functions marked so: the rest of the program must run without it.
#define ASSAY_RENDER_TARGET __attribute__((target("avx2")))
#include "core/compute/render/traverse.h"

namespace assay::compute::render {
namespace {

#define ASSAY_AVX2 __attribute__((target("avx2"), always_inline)) inline

struct Wide3 {
  __m256 x, y, z;
};

ASSAY_AVX2 Wide3 spread(Vec3 v) {
  return {_mm256_set1_ps(v.x), _mm256_set1_ps(v.y), _mm256_set1_ps(v.z)};
}
ASSAY_AVX2 __m256 wide_dot(const Wide3& a, const Wide3& b) {
  return _mm256_add_ps(_mm256_add_ps(_mm256_mul_ps(a.x, b.x), _mm256_mul_ps(a.y, b.y)),
                       _mm256_mul_ps(a.z, b.z));
}
ASSAY_AVX2 Wide3 load_row(const float row[4][kLanes]) {
  return {_mm256_load_ps(row[0]), _mm256_load_ps(row[1]), _mm256_load_ps(row[2])};
}
// a + b * s
ASSAY_AVX2 Wide3 advance(const Wide3& a, const Wide3& b, __m256 s) {
  return {_mm256_add_ps(a.x, _mm256_mul_ps(b.x, s)), _mm256_add_ps(a.y, _mm256_mul_ps(b.y, s)),
          _mm256_add_ps(a.z, _mm256_mul_ps(b.z, s))};
}
ASSAY_AVX2 __m256 at_most(__m256 a, __m256 b) {
  return _mm256_cmp_ps(a, b, _CMP_LE_OQ);
}
ASSAY_AVX2 __m256 at_least(__m256 a, __m256 b) {
  return _mm256_cmp_ps(a, b, _CMP_GE_OQ);
}
ASSAY_AVX2 unsigned mask_of(__m256 lanes) {
  return static_cast<unsigned>(_mm256_movemask_ps(lanes));
}

struct Avx2Kernel {
  struct Wide {
    Wide3 origin, direction, inverse;
    unsigned near[3], far[3];  // which bound of a node the ray meets first and last, per axis
  };

  ASSAY_AVX2 static Wide widen(const Ray& ray) {
    Wide wide{spread(ray.origin), spread(ray.direction), spread(ray.inverse), {}, {}};
    const float inverse[3] = {ray.inverse.x, ray.inverse.y, ray.inverse.z};
    for (unsigned axis = 0; axis < 3; ++axis) {
      wide.near[axis] = inverse[axis] < 0 ? axis + 3 : axis;
      wide.far[axis] = inverse[axis] < 0 ? axis : axis + 3;
    }
    return wide;
  }

  ASSAY_AVX2 static Wide3 slabs(const Node& node, const Wide& ray, const unsigned* which) {
    const __m256 x = _mm256_sub_ps(_mm256_load_ps(node.bounds[which[0]]), ray.origin.x);
    const __m256 y = _mm256_sub_ps(_mm256_load_ps(node.bounds[which[1]]), ray.origin.y);
    const __m256 z = _mm256_sub_ps(_mm256_load_ps(node.bounds[which[2]]), ray.origin.z);
    return {_mm256_mul_ps(x, ray.inverse.x), _mm256_mul_ps(y, ray.inverse.y),
            _mm256_mul_ps(z, ray.inverse.z)};
  }

  ASSAY_AVX2 static unsigned boxes(const Node& node, const Wide& ray, float t_max, float* near) {
    const Wide3 first = slabs(node, ray, ray.near);
    const Wide3 last = slabs(node, ray, ray.far);
    const __m256 in =
        _mm256_max_ps(_mm256_max_ps(_mm256_max_ps(first.x, first.y), first.z), _mm256_setzero_ps());
    const __m256 out =
        _mm256_min_ps(_mm256_min_ps(_mm256_min_ps(last.x, last.y), last.z), _mm256_set1_ps(t_max));
    _mm256_store_ps(near, in);
    return mask_of(at_most(in, out));
  }

  ASSAY_AVX2 static unsigned spheres(const SpherePacket& packet, const Wide& ray, float t_max,
                                     float* t) {
    const __m256 sign = _mm256_set1_ps(-0.0F);
    const __m256 zero = _mm256_setzero_ps();
    const __m256 r2 = _mm256_load_ps(packet.r2);
    const Wide3 f{_mm256_sub_ps(ray.origin.x, _mm256_load_ps(packet.x)),
                  _mm256_sub_ps(ray.origin.y, _mm256_load_ps(packet.y)),
                  _mm256_sub_ps(ray.origin.z, _mm256_load_ps(packet.z))};
    const __m256 b = _mm256_xor_ps(wide_dot(f, ray.direction), sign);
    const Wide3 l = advance(f, ray.direction, b);
    const __m256 discriminant = _mm256_sub_ps(r2, wide_dot(l, l));
    const __m256 real = at_least(discriminant, zero);
    if (mask_of(real) == 0) return 0;
    const __m256 root = _mm256_or_ps(_mm256_sqrt_ps(discriminant), _mm256_and_ps(b, sign));
    const __m256 q = _mm256_add_ps(b, root);
    const __m256 other = _mm256_div_ps(_mm256_sub_ps(wide_dot(f, f), r2), q);
    const __m256 near = _mm256_min_ps(other, q);
    const __m256 ahead = _mm256_cmp_ps(near, zero, _CMP_GT_OQ);
    const __m256 at = _mm256_blendv_ps(_mm256_max_ps(other, q), near, ahead);
    const __m256 in_range =
        _mm256_and_ps(_mm256_cmp_ps(at, zero, _CMP_GT_OQ), at_most(at, _mm256_set1_ps(t_max)));
    _mm256_store_ps(t, at);
    return mask_of(_mm256_and_ps(real, in_range));
  }

  ASSAY_AVX2 static unsigned flats(const FlatPacket& packet, const Wide& ray, float t_max,
                                   float* t) {
    const Wide3 normal = load_row(packet.normal);
    const __m256 height =
        _mm256_add_ps(wide_dot(normal, ray.origin), _mm256_load_ps(packet.normal[3]));
    const __m256 at = _mm256_div_ps(_mm256_xor_ps(height, _mm256_set1_ps(-0.0F)),
                                    wide_dot(normal, ray.direction));
    const __m256 in_range = _mm256_and_ps(_mm256_cmp_ps(at, _mm256_setzero_ps(), _CMP_GT_OQ),
                                          at_most(at, _mm256_set1_ps(t_max)));
    if (mask_of(in_range) == 0) return 0;
    const Wide3 p = advance(ray.origin, ray.direction, at);
    const __m256 u = _mm256_add_ps(wide_dot(load_row(packet.u), p), _mm256_load_ps(packet.u[3]));
    const __m256 v = _mm256_add_ps(wide_dot(load_row(packet.v), p), _mm256_load_ps(packet.v[3]));
    const __m256 low = _mm256_set1_ps(-kEdgeSlack);
    const __m256 high = _mm256_set1_ps(1.0F + kEdgeSlack);
    __m256 inside = _mm256_and_ps(at_least(u, low), at_least(v, low));
    inside = _mm256_and_ps(inside, _mm256_and_ps(at_most(u, high), at_most(v, high)));
    inside = _mm256_and_ps(inside, at_most(_mm256_add_ps(u, v), _mm256_load_ps(packet.sum_max)));
    _mm256_store_ps(t, at);
    return mask_of(_mm256_and_ps(in_range, inside));
  }
};

}  // namespace

Intersector avx2_intersector() {
  return {closest_hit<Avx2Kernel>, any_hit<Avx2Kernel>};
}

}  // namespace assay::compute::render

#else
#include "core/compute/render/accel.h"

namespace assay::compute::render {
Intersector avx2_intersector() {
  return scalar_intersector();
}
}  // namespace assay::compute::render
#endif
