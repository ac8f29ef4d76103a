// A scene as the tracer sees it: a value, built once from the renter's files, then only read.
//
// The scene file is JSON in UTF-8. Lengths are in any one unit; y is up; colours are linear RGB.
// Angles are degrees. Members with a default may be left out; an unknown member is an error.
//
//   {
//     "camera": {
//       "position": [0, 2, 8], "look_at": [0, 1, 0],
//       "up": [0, 1, 0],                default
//       "vertical_fov_degrees": 40,     default; above 0, at most 169
//       "aperture": 0,                  default: all sharp; diameter of the lens
//       "focus_distance": 8.06,         default: as far as look_at
//       "exposure": 1                   default; all light is multiplied by it
//     },
//     "background": {"horizon": [1, 1, 1], "zenith": [0.4, 0.6, 1]},    or {"color": [0, 0, 0]}
//     "materials": {
//       "clay":  {"type": "diffuse", "color": [0.8, 0.3, 0.2]},
//       "floor": {"type": "diffuse", "color": [0.9, 0.9, 0.9],
//                 "checker": {"color": [0.2, 0.2, 0.2], "size": 1}},
//       "paint": {"type": "glossy", "color": [0.1, 0.2, 0.8], "fuzz": 0, "ior": 1.5},
//       "gold":  {"type": "metal", "color": [1, 0.8, 0.4], "fuzz": 0.05},
//       "glass": {"type": "glass", "color": [1, 1, 1], "ior": 1.5},
//       "lamp":  {"type": "emissive", "color": [1, 0.9, 0.7], "strength": 10}
//     },
//     "objects": [
//       {"type": "sphere", "center": [0, 1, 0], "radius": 1, "material": "glass"},
//       {"type": "quad", "corner": [-9, 0, 9], "edge_u": [18, 0, 0], "edge_v": [0, 0, -18],
//        "material": "floor"},
//       {"type": "mesh", "obj": "bunny.obj", "material": "gold", "smooth": false,
//        "scale": 1, "rotate_degrees": [0, 30, 0], "translate": [2, 0, 0]}
//     ]
//   }
//
// A checker changes colour along world x and z. A mesh's "obj" is the name of an input of the job;
// it is scaled, turned about x, then y, then z, then moved. "smooth" takes the file's normals where
// it has them and averages those of the faces elsewhere.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "core/compute/render/obj.h"

namespace assay::wire {
struct JsonLimits;
}

namespace assay::compute::render {

inline constexpr std::size_t kSceneBytesMax = std::size_t{8} << 20;
inline constexpr std::size_t kMaterialsMax = 1024;
inline constexpr std::size_t kObjectsMax = 65536;
// Vertices and triangles of all meshes as often as they are placed, degenerate ones too: a small
// file that names one mesh 65,536 times must not take hours to load.
inline constexpr std::size_t kPlacedMax = std::size_t{4} << 20;

struct Camera {
  Vec3 position;
  // The centre of the plane in focus, and its axes, scaled so that x in [-aspect, aspect] and
  // y in [-1, 1] span the picture.
  Vec3 centre, right, up;
  Vec3 lens_right, lens_up;  // half the aperture
  bool has_lens = false;
  float exposure = 1;
};

enum class MaterialKind : std::uint8_t { diffuse, glossy, metal, glass, emissive };

struct Material {
  MaterialKind kind = MaterialKind::diffuse;
  Vec3 color;  // albedo, tint, or the emitted radiance
  Vec3 checker_color;
  float checker_size = 0;  // 0: none
  float fuzz = 0;
  float ior = 1.5F;
};

struct Sphere {
  Vec3 center;
  float radius = 0;
  std::uint32_t material = 0;
};

// A triangle (u, v >= 0, u + v <= 1) or a parallelogram (u, v in [0, 1]): corner + u edge_u + v
// edge_v. Never degenerate: the edges span an area.
struct Flat {
  Vec3 corner, edge_u, edge_v;
  bool quad = false;
  std::uint32_t material = 0;
  std::uint32_t normals = kNoNormal;  // into Scene::normals, of a smooth triangle
};

// Primitive ids: spheres 0..S-1 in the order of the file, then the flats in theirs.
struct Scene {
  Camera camera;
  Vec3 horizon, zenith;  // from straight below to the horizon, and straight above
  std::vector<Material> materials;
  std::vector<Sphere> spheres;
  std::vector<Flat> flats;
  std::vector<std::array<Vec3, 3>> normals;  // unit, at corner, corner + edge_u, corner + edge_v
};

// Gives the mesh file of that name. Its errors are handed on.
using MeshSource = std::function<Result<Mesh>(const std::string& name)>;

// How large and how deep the JSON of a scene may be.
wire::JsonLimits scene_json_limits();

//   malformed    "objects[3].radius: -1 is outside 1e-06..1000000": where, what, what may be
Result<Scene> parse_scene(std::string_view json_text, const MeshSource& meshes);

// A scene made by hand keeps these promises too: parse_scene() and tests add meshes through it.
// Triangles without area are left out.
//   malformed    more than kMeshTrianglesMax triangles in the scene, or beyond +-1e6
struct Placement {
  double scale = 1;
  std::array<double, 3> rotate_degrees{};
  std::array<double, 3> translate{};
  bool smooth = false;
};
Status add_mesh(Scene& scene, const Mesh& mesh, const Placement& placement, std::uint32_t material);

// Whether the edges span an area that f32 can work with.
bool has_area(const Flat& flat);

}  // namespace assay::compute::render
