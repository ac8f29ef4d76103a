// What a ray hits first. The definition, for every CPU level:
//
//   A ray hits a primitive at t when hit_sphere() or hit_flat() (hit.h) says so and t also lies
//   inside the primitive's own box (inside_box()). The closest hit is the one with the smallest (t,
//   id).
//
// The second condition makes the search tree invisible in the result, without any bound on rounding
// errors: box_span() is monotone in the box, also after rounding, so a ray that is inside a box at
// t is inside every box around it at t, and no hit can be lost on the way down the tree.
//
// Rays start on a surface they must not hit again: callers move the origin off it (trace.cc), and
// t > 0 is all that is asked here. Immutable after building; const functions on any thread.
#pragma once

#include "core/compute/engine.h"
#include "core/compute/render/scene.h"

namespace assay::compute::render {

inline constexpr unsigned kLanes = 8;  // primitives of a packet, children of a node
inline constexpr float kFar = 1e30F;
inline constexpr std::uint32_t kNoPrimitive = UINT32_MAX;

struct Ray {
  Vec3 origin;
  Vec3 direction;  // about unit length
  Vec3 inverse;    // 1 / direction, where a component below 1e-20 counts as 1e-20: always finite
};
ASSAY_SHARED inline float bounded_inverse(float x) {
  return std::fabs(x) < 1e-20F ? std::copysign(1e20F, x) : 1.0F / x;
}
ASSAY_SHARED inline Ray make_ray(Vec3 origin, Vec3 direction) {
  return {
      origin,
      direction,
      {bounded_inverse(direction.x), bounded_inverse(direction.y), bounded_inverse(direction.z)}};
}

struct Box {
  Vec3 lo{kFar, kFar, kFar};
  Vec3 hi{-kFar, -kFar, -kFar};
};

struct Span {
  float near = 0;
  float far = 0;
};
// Where the ray is inside the box, by the slab method; near > far when it is not.
ASSAY_SHARED inline Span box_span(const Box& box, const Ray& ray) {
  const bool nx = ray.inverse.x < 0, ny = ray.inverse.y < 0, nz = ray.inverse.z < 0;
  const float x0 = ((nx ? box.hi.x : box.lo.x) - ray.origin.x) * ray.inverse.x;
  const float y0 = ((ny ? box.hi.y : box.lo.y) - ray.origin.y) * ray.inverse.y;
  const float z0 = ((nz ? box.hi.z : box.lo.z) - ray.origin.z) * ray.inverse.z;
  const float x1 = ((nx ? box.lo.x : box.hi.x) - ray.origin.x) * ray.inverse.x;
  const float y1 = ((ny ? box.lo.y : box.hi.y) - ray.origin.y) * ray.inverse.y;
  const float z1 = ((nz ? box.lo.z : box.hi.z) - ray.origin.z) * ray.inverse.z;
  return {greater(greater(x0, y0), z0), lesser(lesser(x1, y1), z1)};
}
ASSAY_SHARED inline bool inside_box(const Box& box, const Ray& ray, float t) {
  const Span span = box_span(box, ray);
  return span.near <= t && t <= span.far;
}

// Eight primitives side by side. Lanes that put() has not filled are never hit.
struct alignas(32) SpherePacket {
  float x[kLanes]{}, y[kLanes]{}, z[kLanes]{};
  float r2[kLanes]{-1, -1, -1, -1, -1, -1, -1, -1};
};
// A point p lies at height normal·p + normal_w over the plane, and at u·p + u_w, v·p + v_w on it.
struct alignas(32) FlatPacket {
  float normal[4][kLanes]{};  // unit length
  float u[4][kLanes]{};
  float v[4][kLanes]{};
  float sum_max[kLanes]{};  // of u + v
};
struct PacketInfo {
  std::uint32_t id[kLanes];
  Box box[kLanes];
};

void put(SpherePacket& packet, unsigned lane, const Sphere& sphere);
void put(FlatPacket& packet, unsigned lane, const Flat& flat);

// u and v may be this much outside, so that no ray slips between two triangles of a mesh.
inline constexpr float kEdgeSlack = 0x1p-14F;

struct alignas(32) Node {
  float bounds[6][kLanes];  // lo x, y, z, hi x, y, z
  std::uint32_t child[kLanes];
};
inline constexpr std::uint32_t kLeafBit = 0x80000000U;
inline constexpr std::uint32_t kFlatBit = 0x40000000U;
inline constexpr std::uint32_t kIndexMask = 0x3FFFFFFFU;

struct Slot {
  std::uint32_t packet = 0;
  std::uint32_t lane = 0;
};

// What is read of an Accel: pointers to its arrays, wherever they are. Borrows.
struct AccelView {
  const Node* nodes = nullptr;
  const SpherePacket* spheres = nullptr;
  const PacketInfo* sphere_info = nullptr;
  const FlatPacket* flats = nullptr;
  const PacketInfo* flat_info = nullptr;
  const Slot* slots = nullptr;
};

// The primitives of a scene in packets under a tree of eight-way nodes; node 0 is the root.
struct Accel {
  std::vector<Node> nodes;
  std::vector<SpherePacket> spheres;
  std::vector<PacketInfo> sphere_info;
  std::vector<FlatPacket> flats;
  std::vector<PacketInfo> flat_info;
  std::vector<Slot> slots;  // by primitive id

  operator AccelView() const {  // NOLINT(google-explicit-constructor): a view borrows
    return {nodes.data(), spheres.data(),   sphere_info.data(),
            flats.data(), flat_info.data(), slots.data()};
  }
};
Accel build_accel(const Scene& scene);

struct Hit {
  float t = kFar;
  std::uint32_t id = kNoPrimitive;
  std::uint32_t visits = 0;  // nodes and packets looked at; the same at every level
};

// The two questions a path asks, at one CPU level.
struct Intersector {
  Hit (*closest)(const AccelView&, const Ray&);
  // Whether any primitive but `except` is hit at a t below t_max.
  bool (*occluded)(const AccelView&, const Ray&, float t_max, std::uint32_t except);
};
Intersector intersector(CpuLevel level);
Intersector scalar_intersector();
Intersector avx2_intersector();  // the machine has AVX2

}  // namespace assay::compute::render
