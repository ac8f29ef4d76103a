#include "core/compute/render/scene.h"

#include <cmath>

#include "core/compute/render/demo_scene.h"
#include "tests/catch.h"
#include "tests/core/compute/render/random_scene.h"
#include "tests/vectors.h"

namespace assay::compute::render {
namespace {

// The one mesh that the vectors may name; "broken.obj" is there too and does not parse.
Result<Mesh> mesh_named(const std::string& name) {
  if (name == "broken.obj") return parse_obj("f 1 2 3\n");
  if (name == "triangle.obj") return parse_obj("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n");
  if (name == std::string(kDemoMeshName)) return parse_obj(demo_mesh_obj());
  return fail(Code::malformed, "there is no input of that name in the order");
}

TEST_CASE("vectors/scene: every scene is read or refused with the path of what is wrong") {
  for (const test::Vector& vector :
       test::load_vectors("scene", {"scene", "error", "spheres", "flats"}, 50)) {
    INFO(vector.name());
    const Result<Scene> scene = parse_scene(vector.text("scene"), mesh_named);
    if (!scene.ok()) CHECK(scene.error().what == vector.text("error"));
    REQUIRE(test::answer(scene) == vector.expect());
    if (!scene.ok()) continue;
    CHECK(scene.value().spheres.size() == vector.number("spheres"));
    CHECK(scene.value().flats.size() == vector.number("flats"));
  }
}

TEST_CASE("the demo's scene parses and uses its mesh") {
  const Result<Scene> scene = parse_scene(demo_scene_json(), mesh_named);
  REQUIRE(scene.ok());
  CHECK(scene.value().spheres.size() > 40);
  CHECK(scene.value().flats.size() == 2 + 96 * 16 * 2);
  CHECK(scene.value().normals.size() == 96 * 16 * 2);
}

Scene scene_with(const std::string& camera) {
  const std::string text =
      "{\"camera\": {" + camera +
      "}, \"background\": {\"color\": [0, 0, 0]}, \"materials\": {\"m\": {\"type\": \"metal\"}}, "
      "\"objects\": [{\"type\": \"sphere\", \"center\": [0, 0, 0], \"radius\": 1, \"material\": "
      "\"m\"}]}";
  Result<Scene> scene = parse_scene(text, mesh_named);
  REQUIRE(scene.ok());
  return std::move(scene).value();
}

bool close(Vec3 a, Vec3 b) {
  const Vec3 apart = a - b;
  return dot(apart, apart) < 1e-10F;
}

TEST_CASE("the camera spans its field of view at the distance in focus") {
  const Scene scene = scene_with(
      "\"position\": [0, 0, 5], \"look_at\": [0, 0, 0], \"vertical_fov_degrees\": 90, "
      "\"aperture\": 0.5");
  CHECK(close(scene.camera.centre, {0, 0, 0}));
  CHECK(close(scene.camera.right, {5, 0, 0}));
  CHECK(close(scene.camera.up, {0, 5, 0}));
  CHECK(close(scene.camera.lens_right, {0.25F, 0, 0}));
  CHECK(scene.camera.has_lens);
  const Scene near = scene_with(
      "\"position\": [0, 0, 5], \"look_at\": [0, 0, 0], \"vertical_fov_degrees\": 90, "
      "\"focus_distance\": 2, \"up\": [0, -1, 0]");
  CHECK(close(near.camera.centre, {0, 0, 3}));
  CHECK(close(near.camera.right, {-2, 0, 0}));
  CHECK(close(near.camera.up, {0, -2, 0}));
  CHECK_FALSE(near.camera.has_lens);
}

TEST_CASE("a mesh is scaled, turned about x, y and z, and moved, in this order") {
  const Mesh mesh = parse_obj("v 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 3\n").value();
  Scene scene;
  scene.materials.resize(1);
  REQUIRE(add_mesh(scene, mesh, {2, {0, 0, 90}, {10, 0, 0}, false}, 0).ok());
  CHECK(close(scene.flats[0].corner, {10, 2, 0}));
  REQUIRE(add_mesh(scene, mesh, {1, {90, 90, 0}, {0, 0, 0}, false}, 0).ok());
  CHECK(close(scene.flats[1].corner, {0, 0, -1}));
  CHECK(close(scene.flats[1].corner + scene.flats[1].edge_u, {1, 0, 0}));  // y -> z -> x
}

TEST_CASE("smooth meshes take the file's normals, and average the faces where there are none") {
  const std::string roof =
      "v 0 1 0\nv 0 1 1\nv -1 0 0\nv 1 0 0\nv 1 0 1\nvn 0 0 5\nf 1 3 2\nf 1 2 4\n";
  Scene scene;
  scene.materials.resize(1);
  REQUIRE(add_mesh(scene, parse_obj(roof).value(), {1, {}, {}, true}, 0).ok());
  CHECK(close(scene.normals[0][0], {0, 1, 0}));  // the ridge: between both sides
  REQUIRE(
      add_mesh(scene, parse_obj(roof + "f 1//1 3//1 2//1\n").value(), {1, {}, {}, true}, 0).ok());
  CHECK(close(scene.normals.back()[0], {0, 0, 1}));
}

TEST_CASE("triangles without area are left out, and a mesh beyond the bounds is refused") {
  Scene scene;
  scene.materials.resize(1);
  const Mesh thin =
      parse_obj("v 0 0 0\nv 1 0 0\nv 2 0 0\nv 0 1 0\nf 1 2 3\nf 1 1 2\nf 1 2 4\n").value();
  REQUIRE(add_mesh(scene, thin, {}, 0).ok());
  CHECK(scene.flats.size() == 1);
  const Status far = add_mesh(scene, thin, {1e6, {}, {1, 0, 0}, false}, 0);
  REQUIRE_FALSE(far.ok());
  CHECK(far.error().what == "scaled and moved, the mesh reaches beyond -1e6..1e6");
}

TEST_CASE("a small file cannot place a mesh so often that loading takes long") {
  std::string text =
      "{\"camera\": {\"position\": [0, 0, 5], \"look_at\": [0, 0, 0]}, \"background\": {\"color\": "
      "[0, 0, 0]}, \"materials\": {\"m\": {\"type\": \"metal\"}}, \"objects\": [";
  for (int i = 0; i < 1000; ++i) {
    text += std::string(i == 0 ? "" : ", ") +
            "{\"type\": \"mesh\", \"obj\": \"knot.obj\", \"material\": \"m\", \"scale\": 1e-9}";
  }
  const Result<Scene> scene = parse_scene(text + "]}", mesh_named);
  REQUIRE_FALSE(scene.ok());
  CHECK(scene.error().what ==
        "objects[910].obj: with this the meshes placed have more than 4194304 vertices and "
        "triangles");
}

TEST_CASE("no damaged scene does worse than an error that names a place") {
  const std::string good(demo_scene_json());
  test::Dice dice(5);
  std::size_t refused = 0;
  for (int i = 0; i < 1500; ++i) {
    std::string text = good;
    for (std::uint64_t n = dice.below(3) + 1; n > 0; --n) {
      const std::size_t at = dice.below(text.size());
      switch (dice.below(4)) {
        case 0: text[at] = static_cast<char>(dice.below(128)); break;
        case 1: text.erase(at, dice.below(12)); break;
        case 2: text.insert(at, std::to_string(dice.below(1000000))); break;
        default: text.insert(at, text.substr(dice.below(text.size()), dice.below(30)));
      }
    }
    const Result<Scene> scene = parse_scene(text, mesh_named);
    refused += !scene.ok();
    if (!scene.ok()) CHECK(scene.error().code == Code::malformed);
  }
  CHECK(refused > 700);
}

}  // namespace
}  // namespace assay::compute::render
