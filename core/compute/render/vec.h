// Three f32 components and the operations of RX-1 on them: add, sub, mul, div and sqrt in the order
// written here, never fused. Every picture's bits follow from these few lines. Values; any thread.
#pragma once

#include <cmath>

#include "core/compute/host_device.h"

namespace assay::compute::render {

struct Vec3 {
  float x = 0, y = 0, z = 0;
  bool operator==(const Vec3&) const = default;
};

ASSAY_SHARED inline Vec3 operator+(Vec3 a, Vec3 b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}
ASSAY_SHARED inline Vec3 operator-(Vec3 a, Vec3 b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
ASSAY_SHARED inline Vec3 operator*(Vec3 a, Vec3 b) {
  return {a.x * b.x, a.y * b.y, a.z * b.z};
}
ASSAY_SHARED inline Vec3 operator*(Vec3 a, float s) {
  return {a.x * s, a.y * s, a.z * s};
}
ASSAY_SHARED inline Vec3 operator-(Vec3 a) {
  return {-a.x, -a.y, -a.z};
}

ASSAY_SHARED inline float dot(Vec3 a, Vec3 b) {
  return (a.x * b.x + a.y * b.y) + a.z * b.z;
}
ASSAY_SHARED inline Vec3 cross(Vec3 a, Vec3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

// sqrt is IEEE's, correctly rounded: one instruction, no libm (-fno-math-errno).
ASSAY_SHARED inline Vec3 normalized(Vec3 a) {
  return a * (1.0F / std::sqrt(dot(a, a)));
}

ASSAY_SHARED inline float lesser(float a, float b) {
  return a < b ? a : b;
}  // minps(a, b)
ASSAY_SHARED inline float greater(float a, float b) {
  return a > b ? a : b;
}  // maxps(a, b)
ASSAY_SHARED inline float largest(Vec3 a) {
  return greater(greater(a.x, a.y), a.z);
}

}  // namespace assay::compute::render
