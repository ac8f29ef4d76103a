#include "core/compute/render/accel.h"

namespace assay::compute::render {
namespace {

struct Double3 {
  double x, y, z;
  explicit Double3(Vec3 v) : x(double{v.x}), y(double{v.y}), z(double{v.z}) {}
  Double3(double a, double b, double c) : x(a), y(b), z(c) {}
};
double dot(const Double3& a, const Double3& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
Double3 cross(const Double3& a, const Double3& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

void put_row(float row[4][kLanes], unsigned lane, const Double3& v, double scale,
             const Double3& corner) {
  row[0][lane] = static_cast<float>(v.x * scale);
  row[1][lane] = static_cast<float>(v.y * scale);
  row[2][lane] = static_cast<float>(v.z * scale);
  row[3][lane] = static_cast<float>(-(dot(v, corner) * scale));
}

}  // namespace

void put(SpherePacket& packet, unsigned lane, const Sphere& sphere) {
  packet.x[lane] = sphere.center.x;
  packet.y[lane] = sphere.center.y;
  packet.z[lane] = sphere.center.z;
  packet.r2[lane] = sphere.radius * sphere.radius;
}

// The rows invert p = corner + u edge_u + v edge_v + height normal; in double, rounded once.
void put(FlatPacket& packet, unsigned lane, const Flat& flat) {
  const Double3 corner(flat.corner), edge_u(flat.edge_u), edge_v(flat.edge_v);
  const Double3 normal = cross(edge_u, edge_v);
  const double square = dot(normal, normal);
  put_row(packet.normal, lane, normal, 1 / std::sqrt(square), corner);
  put_row(packet.u, lane, cross(edge_v, normal), 1 / square, corner);
  put_row(packet.v, lane, cross(normal, edge_u), 1 / square, corner);
  packet.sum_max[lane] = flat.quad ? 4.0F : 1.0F + kEdgeSlack;
}

}  // namespace assay::compute::render
