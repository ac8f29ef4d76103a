// Triangle meshes out of Wavefront OBJ files, which strangers write. Pure; any thread.
//
// Read: `v x y z` (further numbers are ignored), `vn x y z`, and `f` with corners `v`, `v/vt`,
// `v//vn` or `v/vt/vn`, where a negative index counts back from the newest. Polygons are cut into a
// fan around their first corner. Passed over: comments, vt, vp, g, o, s, l, p, usemtl, mtllib.
// Anything else is an error that names its line.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/compute/render/vec.h"

namespace assay::compute::render {

inline constexpr std::size_t kMeshVerticesMax = std::size_t{1} << 21;  // and as many normals
inline constexpr std::size_t kMeshTrianglesMax = std::size_t{1} << 20;
inline constexpr std::size_t kObjLineMax = 4096;   // bytes
inline constexpr std::size_t kObjCornersMax = 64;  // of one polygon
inline constexpr double kCoordinateMax = 1e6;      // of anything in a scene, either sign

inline constexpr std::uint32_t kNoNormal = UINT32_MAX;

struct Mesh {
  struct Triangle {
    std::array<std::uint32_t, 3> vertex{};
    std::array<std::uint32_t, 3> normal{kNoNormal, kNoNormal, kNoNormal};
  };
  std::vector<Vec3> vertices;
  std::vector<Vec3> normals;  // as written: not necessarily of length one, maybe zero
  std::vector<Triangle> triangles;
};

//   malformed    "line 12: …": what is wrong there and what is allowed; or a file without a face
Result<Mesh> parse_obj(std::string_view text);

}  // namespace assay::compute::render
