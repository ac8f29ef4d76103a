// Scene files, OBJ meshes, and whole render jobs.
#include <cmath>

#include "core/compute/render/film.h"
#include "core/compute/render/scene.h"
#include "core/compute/render/trace.h"
#include "tests/fuzz/bundle.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/jobs.h"

namespace assay::fuzz {
namespace {

using namespace compute;
using namespace compute::render;

// A scene may place a mesh many times, up to kPlacedMax vertices and triangles: memory that no
// input size bounds. Inputs as short as a fuzzer's cannot reach all of it.
constexpr std::size_t kPlacedBytes = std::size_t{128} << 20;

bool inside(Vec3 v, float most) {
  return std::fabs(v.x) <= most && std::fabs(v.y) <= most && std::fabs(v.z) <= most;
}

void check_mesh(const Mesh& mesh) {
  require(!mesh.triangles.empty() && mesh.triangles.size() <= kMeshTrianglesMax,
          "a mesh has 1..kMeshTrianglesMax triangles");
  require(mesh.vertices.size() <= kMeshVerticesMax && mesh.normals.size() <= kMeshVerticesMax,
          "a mesh has at most kMeshVerticesMax vertices and normals");
  for (const Vec3& v : mesh.vertices) require(inside(v, 1e6F), "vertices lie within 1e6");
  for (const Mesh::Triangle& t : mesh.triangles) {
    for (std::size_t i = 0; i < 3; ++i) {
      require(t.vertex[i] < mesh.vertices.size(), "a triangle names vertices that are there");
      require(t.normal[i] == kNoNormal || t.normal[i] < mesh.normals.size(),
              "a triangle names normals that are there");
    }
  }
}

void check_camera(const Camera& camera) {
  for (const Vec3& v : {camera.position, camera.centre, camera.right, camera.up, camera.lens_right,
                        camera.lens_up}) {
    require(inside(v, 1e12F), "the camera is finite");
  }
  require(camera.exposure > 0 && camera.exposure <= 1000, "the exposure is in range");
}

void check_scene(const Scene& scene) {
  check_camera(scene.camera);
  require(!scene.materials.empty() && scene.materials.size() <= kMaterialsMax,
          "a scene has 1..kMaterialsMax materials");
  require(scene.spheres.size() <= kObjectsMax && scene.flats.size() <= kPlacedMax,
          "a scene stays within its limits");
  for (const Sphere& sphere : scene.spheres) {
    require(inside(sphere.center, 1e6F) && sphere.radius >= 1e-6F && sphere.radius <= 1e6F,
            "a sphere is in range");
    require(sphere.material < scene.materials.size(), "a sphere has a material");
  }
  for (const Flat& flat : scene.flats) {
    require(inside(flat.corner, 1e6F) && has_area(flat), "a flat is in range and has an area");
    require(flat.material < scene.materials.size(), "a flat has a material");
    require(flat.normals == kNoNormal || flat.normals < scene.normals.size(),
            "a flat names normals that are there");
  }
  for (const auto& corners : scene.normals) {
    for (const Vec3& normal : corners) {
      const float square = dot(normal, normal);
      require(square > 0.99F && square < 1.01F, "normals have length one");
    }
  }
}

// A render of the accepted job: whatever the scene, tiles are equal at every level and in range.
void check_tiles(const Program& program, std::int64_t samples) {
  check_program(program, kSmallCaps);
  const std::int64_t most = film_value(kRadianceMax) * samples;
  const Tensor tile = same_unit(program, 1);
  Reader in(tile.data);
  while (!in.at_end()) {
    const auto value = static_cast<std::int64_t>(in.u64_le());
    require(value >= 0 && value <= most, "radiance lies in 0..kRadianceMax");
  }
}

void render_bundle(const BundledJob& job) {
  const MemoryBound bound(memory_for(job.bytes()) + kPlacedBytes);
  const Result<std::unique_ptr<Program>> program = load_program(job.spec, job.source(), kSmallCaps);
  if (!accepted(program)) return;
  const std::optional<std::uint64_t> samples = job.spec.parameters.find("samples")->as_u64();
  check_tiles(*program.value(), static_cast<std::int64_t>(samples.value()));
}

void read_alone(ByteView input) {
  const MemoryBound bound(memory_for(input.size()));
  const Result<Mesh> mesh = parse_obj(as_text(input));
  if (accepted(mesh)) check_mesh(mesh.value());
  const MeshSource meshes = [](const std::string&) -> Result<Mesh> {
    return fail(Code::malformed, "no meshes here");
  };
  const Result<Scene> scene = parse_scene(as_text(input), meshes);
  if (accepted(scene)) check_scene(scene.value());
}

}  // namespace
}  // namespace assay::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::fuzz;
  const assay::ByteView input(data, size);
  std::vector<BundledFile> files = split_bundle(input);
  if (files.empty()) {
    read_alone(input);
  } else if (std::optional<BundledJob> job = bundled_job("render", std::move(files))) {
    render_bundle(*job);
  }
  return 0;
}
