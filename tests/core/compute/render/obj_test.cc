#include "core/compute/render/obj.h"

#include "core/compute/render/demo_scene.h"
#include "tests/catch.h"
#include "tests/core/compute/render/random_scene.h"
#include "tests/vectors.h"

namespace assay::compute::render {
namespace {

TEST_CASE("vectors/obj: every file is read or refused as it says") {
  for (const test::Vector& vector :
       test::load_vectors("obj", {"line", "error", "triangles", "first"}, 20)) {
    INFO(vector.name());
    std::string text;
    for (const std::string& line : vector.all("line")) text += line + "\n";
    const Result<Mesh> mesh = parse_obj(text);
    REQUIRE(test::answer(mesh) == vector.expect());
    if (!mesh.ok()) {
      CHECK(mesh.error().what == vector.text("error"));
      continue;
    }
    CHECK(mesh.value().triangles.size() == vector.number("triangles"));
    std::string first;
    const Mesh::Triangle& triangle = mesh.value().triangles.front();
    for (std::size_t i = 0; i < 3; ++i) {
      first += (i == 0 ? "" : " ") + std::to_string(triangle.vertex[i]);
      if (triangle.normal[i] != kNoNormal) first += "/" + std::to_string(triangle.normal[i]);
    }
    CHECK(first == vector.text("first"));
  }
}

TEST_CASE("line ends of every system, and none at the end of the file") {
  for (const char* text :
       {"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "v 0 0 0\r\nv 1 0 0\r\nv 0 1 0\r\nf 1 2 3\r\n",
        "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3"}) {
    const Result<Mesh> mesh = parse_obj(text);
    REQUIRE(mesh.ok());
    CHECK(mesh.value().triangles.size() == 1);
  }
}

TEST_CASE("what is too large for one line of a vector is refused too") {
  const std::string corners = "v 0 0 0\nv 1 0 0\nv 0 1 0\n";
  std::string face = "f";
  for (std::size_t i = 0; i <= kObjCornersMax; ++i) face += " 1";
  const Result<Mesh> many = parse_obj(corners + face);
  REQUIRE_FALSE(many.ok());
  CHECK(many.error().what == "line 4: a face of more than 64 corners");
  const Result<Mesh> wide = parse_obj("v 0 0 " + std::string(kObjLineMax, '0'));
  REQUIRE_FALSE(wide.ok());
  CHECK(wide.error().what == "line 1: has more than 4096 bytes");
  std::string triangles = corners;
  for (std::size_t i = 0; i <= kMeshTrianglesMax; ++i) triangles += "f 1 2 3\n";
  const Result<Mesh> heavy = parse_obj(triangles);
  REQUIRE_FALSE(heavy.ok());
  CHECK(heavy.error().what == "line 1048580: more than 1048576 triangles");
}

TEST_CASE("no damaged file does worse than an error") {
  const std::string good = demo_mesh_obj().substr(0, 3000) + "f 1//1 2//2 -3//-1 4\nf 1 2 3\n";
  test::Dice dice(11);
  std::size_t refused = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string text = good;
    for (std::uint64_t n = dice.below(4) + 1; n > 0; --n) {
      const std::size_t at = dice.below(text.size());
      switch (dice.below(3)) {
        case 0: text[at] = static_cast<char>(dice.below(256)); break;
        case 1: text.erase(at, dice.below(20)); break;
        default: text.insert(at, text.substr(dice.below(text.size()), dice.below(20)));
      }
    }
    const Result<Mesh> mesh = parse_obj(text);
    refused += !mesh.ok();
    if (!mesh.ok()) continue;
    for (const Mesh::Triangle& triangle : mesh.value().triangles) {
      for (const std::uint32_t v : triangle.vertex) REQUIRE(v < mesh.value().vertices.size());
    }
  }
  CHECK(refused > 1000);
}

}  // namespace
}  // namespace assay::compute::render
