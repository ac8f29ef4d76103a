// The scene of `assay demo`: a renter's order without a file to write first. Constant; any thread.
#pragma once

#include <string>
#include <string_view>

namespace assay::compute::render {

// The input "scene". It names one mesh, kDemoMeshName.
std::string_view demo_scene_json();

// That mesh: a trefoil knot with normals, in OBJ. The same bytes on every machine.
inline constexpr std::string_view kDemoMeshName = "knot.obj";
const std::string& demo_mesh_obj();

}  // namespace assay::compute::render
