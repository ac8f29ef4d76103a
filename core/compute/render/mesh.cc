#include <array>

#include "core/compute/render/scene.h"
#include "core/compute/render/trig.h"

namespace assay::compute::render {
namespace {

using Point = std::array<double, 3>;

Point turned(Point p, const Point& degrees) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const SinCos angle = sin_cos_degrees(degrees[axis]);
    double& a = p[(axis + 1) % 3];
    double& b = p[(axis + 2) % 3];
    const double turned_a = a * angle.cos - b * angle.sin;
    b = a * angle.sin + b * angle.cos;
    a = turned_a;
  }
  return p;
}

Vec3 rounded(const Point& p) {
  return {static_cast<float>(p[0]), static_cast<float>(p[1]), static_cast<float>(p[2])};
}

Vec3 turned(Vec3 v, const Point& degrees) {
  return rounded(turned(Point{double{v.x}, double{v.y}, double{v.z}}, degrees));
}

// The area-weighted mean of the faces around each vertex; zero where there is none.
std::vector<Vec3> averaged_normals(const Mesh& mesh, const std::vector<Vec3>& places) {
  std::vector<Vec3> sums(places.size());
  for (const Mesh::Triangle& t : mesh.triangles) {
    const Vec3 a = places[t.vertex[0]];
    const Vec3 normal = cross(places[t.vertex[1]] - a, places[t.vertex[2]] - a);
    for (const std::uint32_t vertex : t.vertex) sums[vertex] = sums[vertex] + normal;
  }
  return sums;
}

// Normals are only a hint to shading: where one has no direction the face's own stands in.
Vec3 unit_or(Vec3 normal, Vec3 face) {
  const float square = dot(normal, normal);
  const bool usable = square > 1e-30F && square < 1e30F;
  return usable ? normalized(normal) : face;
}

}  // namespace

bool has_area(const Flat& flat) {
  const Vec3 normal = cross(flat.edge_u, flat.edge_v);
  const float square = dot(normal, normal);
  const float longest = greater(dot(flat.edge_u, flat.edge_u), dot(flat.edge_v, flat.edge_v));
  // Edges shorter than 1e-6, or an angle between them below about 1e-5, leave f32 no normal.
  return longest > 1e-12F && square > 1e-30F && square > longest * longest * 1e-10F;
}

Status add_mesh(Scene& scene, const Mesh& mesh, const Placement& at, std::uint32_t material) {
  std::vector<Vec3> places;
  places.reserve(mesh.vertices.size());
  for (const Vec3& v : mesh.vertices) {
    Point p = turned(Point{double{v.x} * at.scale, double{v.y} * at.scale, double{v.z} * at.scale},
                     at.rotate_degrees);
    for (std::size_t i = 0; i < 3; ++i) {
      p[i] += at.translate[i];
      if (!(p[i] >= -kCoordinateMax && p[i] <= kCoordinateMax)) {
        return fail(Code::malformed, "scaled and moved, the mesh reaches beyond -1e6..1e6");
      }
    }
    places.push_back(rounded(p));
  }
  std::vector<Vec3> averages;
  if (at.smooth) averages = averaged_normals(mesh, places);
  for (const Mesh::Triangle& t : mesh.triangles) {
    Flat flat;
    flat.corner = places[t.vertex[0]];
    flat.edge_u = places[t.vertex[1]] - flat.corner;
    flat.edge_v = places[t.vertex[2]] - flat.corner;
    flat.material = material;
    if (!has_area(flat)) continue;
    if (scene.flats.size() == kMeshTrianglesMax) {
      return fail(Code::malformed,
                  "the scene has more than " + std::to_string(kMeshTrianglesMax) + " triangles");
    }
    if (at.smooth) {
      const Vec3 face = normalized(cross(flat.edge_u, flat.edge_v));
      std::array<Vec3, 3> normals;
      for (std::size_t i = 0; i < 3; ++i) {
        const Vec3 wanted = t.normal[i] == kNoNormal
                                ? averages[t.vertex[i]]
                                : turned(mesh.normals[t.normal[i]], at.rotate_degrees);
        normals[i] = unit_or(wanted, face);
      }
      flat.normals = static_cast<std::uint32_t>(scene.normals.size());
      scene.normals.push_back(normals);
    }
    scene.flats.push_back(flat);
  }
  return {};
}

}  // namespace assay::compute::render
