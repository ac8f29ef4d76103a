#include "core/compute/render/scene.h"

#include <algorithm>
#include <map>

#include "core/compute/render/scene_reader.h"
#include "core/compute/render/trig.h"
#include "core/wire/text.h"

namespace assay::compute::render {
namespace {

using wire::Json;

constexpr Range kCoordinate{-kCoordinateMax, kCoordinateMax, false};
constexpr Range kLength{0, kCoordinateMax, true};
constexpr Range kAlbedo{0, 1, false};
constexpr Range kRadiance{0, 10000, false};
constexpr Range kAngle{-360, 360, false};

class SceneParser {
 public:
  explicit SceneParser(const MeshSource& meshes) : mesh_source_(meshes) {}

  Result<Scene> parse(const Json& json) {
    SceneObject in(errors_, &json, "");
    camera(in.member("camera"));
    background(in.member("background"));
    materials(in.member("materials"));
    objects(in.member("objects"));
    in.close();
    if (errors_.any()) return errors_.error();
    return std::move(scene_);
  }

 private:
  void camera(const Json* json) {
    SceneObject in(errors_, json, "camera");
    const Vec3 position = in.vector("position", kCoordinate);
    const Vec3 look_at = in.vector("look_at", kCoordinate);
    const Vec3 up = in.vector("up", kCoordinate, Vec3{0, 1, 0});
    const double fov = in.number("vertical_fov_degrees", {0, 169, true}, 40);
    const double aperture = in.number("aperture", {0, kCoordinateMax, false}, 0);
    const Vec3 sight = look_at - position;
    const float distance = std::sqrt(dot(sight, sight));
    const double focus = in.number("focus_distance", kLength, static_cast<double>(distance));
    scene_.camera.exposure = static_cast<float>(in.number("exposure", {0, 1000, true}, 1));
    in.close();
    if (errors_.any()) return;
    if (!(distance > 1e-6F)) {
      return errors_.note("camera.look_at", "is where the camera is: it must differ from position");
    }
    const Vec3 side = cross(sight * (1.0F / distance), up);
    if (!(dot(side, side) > 1e-9F)) {
      return errors_.note("camera.up", "must not be zero or along the line of sight");
    }
    place_camera(position, sight * (1.0F / distance), normalized(side), fov, aperture, focus);
  }

  void place_camera(Vec3 position, Vec3 forward, Vec3 right, double fov, double aperture,
                    double focus) {
    const SinCos half = sin_cos_degrees(fov / 2);
    const auto height = static_cast<float>(half.sin / half.cos * focus);
    const auto lens = static_cast<float>(aperture / 2);
    const Vec3 up = cross(right, forward);
    Camera& camera = scene_.camera;
    camera.position = position;
    camera.centre = position + forward * static_cast<float>(focus);
    camera.right = right * height;
    camera.up = up * height;
    camera.lens_right = right * lens;
    camera.lens_up = up * lens;
    camera.has_lens = aperture > 0;
  }

  void background(const Json* json) {
    SceneObject in(errors_, json, "background");
    const bool plain = in.has("color");
    if (plain && (in.has("horizon") || in.has("zenith"))) {
      return errors_.note("background", "holds either color, or horizon and zenith");
    }
    if (plain) {
      scene_.horizon = scene_.zenith = in.vector("color", kRadiance);
    } else {
      scene_.horizon = in.vector("horizon", kRadiance);
      scene_.zenith = in.vector("zenith", kRadiance);
    }
    in.close();
  }

  void materials(const Json* json) {
    if (json == nullptr) return;
    if (!json->is_object() || json->members().empty() || json->members().size() > kMaterialsMax) {
      return errors_.note("materials", "must be an object of 1 to " +
                                           std::to_string(kMaterialsMax) + " named materials");
    }
    for (const Json::Member& member : json->members()) {
      material_ids_[member.first] = static_cast<std::uint32_t>(scene_.materials.size());
      scene_.materials.push_back(material(member));
    }
  }

  Material material(const Json::Member& member) {
    SceneObject in(errors_, &member.second,
                   "materials." + wire::people_text(member.first, kNameShown));
    Material made;
    made.kind = static_cast<MaterialKind>(
        in.choice("type", {"diffuse", "glossy", "metal", "glass", "emissive"}));
    const bool painted = made.kind == MaterialKind::diffuse || made.kind == MaterialKind::glossy;
    const bool coated = made.kind == MaterialKind::glossy || made.kind == MaterialKind::glass;
    made.color = in.vector("color", kAlbedo, Vec3{1, 1, 1});
    if (painted && in.has("checker")) {
      SceneObject checker(errors_, in.member("checker"), in.path_of("checker"));
      made.checker_color = checker.vector("color", kAlbedo);
      made.checker_size = static_cast<float>(checker.number("size", {0.001, 1e6, false}));
      checker.close();
    }
    if (made.kind == MaterialKind::metal || made.kind == MaterialKind::glossy) {
      made.fuzz = static_cast<float>(in.number("fuzz", kAlbedo, 0));
    }
    if (coated) made.ior = static_cast<float>(in.number("ior", {1, 4, false}, 1.5));
    if (made.kind == MaterialKind::emissive) {
      made.color = made.color * static_cast<float>(in.number("strength", kRadiance, 1));
    }
    in.close();
    return made;
  }

  void objects(const Json* json) {
    if (json == nullptr) return;
    if (!json->is_array() || json->items().empty() || json->items().size() > kObjectsMax) {
      return errors_.note("objects",
                          "must be an array of 1 to " + std::to_string(kObjectsMax) + " objects");
    }
    for (std::size_t i = 0; i < json->items().size() && !errors_.any(); ++i) {
      SceneObject in(errors_, &json->items()[i], "objects[" + std::to_string(i) + "]");
      const std::size_t type = in.choice("type", {"sphere", "quad", "mesh"});
      const std::uint32_t material = material_of(in);
      if (errors_.any()) return;
      if (type == 0) sphere(in, material);
      if (type == 1) quad(in, material);
      if (type == 2) mesh(in, material);
      in.close();
    }
  }

  std::uint32_t material_of(SceneObject& in) {
    const std::string name = in.text("material");
    const auto found = material_ids_.find(name);
    if (found != material_ids_.end()) return found->second;
    errors_.note(in.path_of("material"),
                 wire::quoted(name) + " is not one of the names in \"materials\"");
    return 0;
  }

  void sphere(SceneObject& in, std::uint32_t material) {
    const Vec3 center = in.vector("center", kCoordinate);
    const auto radius = static_cast<float>(in.number("radius", {1e-6, kCoordinateMax, false}));
    scene_.spheres.push_back({center, radius, material});
  }

  void quad(SceneObject& in, std::uint32_t material) {
    Flat flat;
    flat.corner = in.vector("corner", kCoordinate);
    flat.edge_u = in.vector("edge_u", kCoordinate);
    flat.edge_v = in.vector("edge_v", kCoordinate);
    flat.quad = true;
    flat.material = material;
    if (errors_.any()) return;
    if (!has_area(flat)) return errors_.note(in.path_of("edge_v"), "spans no area with edge_u");
    scene_.flats.push_back(flat);
  }

  void mesh(SceneObject& in, std::uint32_t material) {
    const std::string name = in.text("obj");
    Placement at;
    at.smooth = in.boolean("smooth", false);
    at.scale = in.number("scale", kLength, 1);
    const Vec3 turn = in.vector("rotate_degrees", kAngle, Vec3());
    const Vec3 move = in.vector("translate", kCoordinate, Vec3());
    at.rotate_degrees = {double{turn.x}, double{turn.y}, double{turn.z}};
    at.translate = {double{move.x}, double{move.y}, double{move.z}};
    if (errors_.any()) return;
    auto found = meshes_.find(name);
    if (found == meshes_.end()) {
      Result<Mesh> loaded = mesh_source_(name);
      if (!loaded.ok()) return errors_.note(in.path_of("obj"), loaded.error().what);
      found = meshes_.emplace(name, std::move(loaded).value()).first;
    }
    placed_ += found->second.vertices.size() + found->second.triangles.size();
    if (placed_ > kPlacedMax) {
      return errors_.note(in.path_of("obj"), "with this the meshes placed have more than " +
                                                 std::to_string(kPlacedMax) +
                                                 " vertices and triangles");
    }
    const Status added = add_mesh(scene_, found->second, at, material);
    if (!added.ok()) errors_.note(in.path_of("obj"), added.error().what);
  }

  const MeshSource& mesh_source_;
  SceneError errors_;
  Scene scene_;
  std::map<std::string, std::uint32_t, std::less<>> material_ids_;
  std::map<std::string, Mesh, std::less<>> meshes_;
  std::size_t placed_ = 0;
};

}  // namespace

wire::JsonLimits scene_json_limits() {
  return {.bytes_max = kSceneBytesMax,
          .depth_max = 8,
          .values_max = std::size_t{1} << 21,
          .fractions = true};
}

Result<Scene> parse_scene(std::string_view json_text, const MeshSource& meshes) {
  const Result<Json> json = wire::parse_json(json_text, scene_json_limits());
  if (!json.ok()) return json.error();
  return SceneParser(meshes).parse(json.value());
}

}  // namespace assay::compute::render
