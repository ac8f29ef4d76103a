// The tracer against physics: what can be worked out by hand must come out of the paths.
#include <cmath>

#include "core/compute/render/direct_light.h"
#include "tests/catch.h"
#include "tests/core/compute/render/random_scene.h"

namespace assay::compute::render {
namespace {

constexpr double kPi = 3.14159265358979323846;

Material material(MaterialKind kind, Vec3 color) {
  Material made;
  made.kind = kind;
  made.color = color;
  return made;
}

Camera camera_at(Vec3 position, Vec3 centre) {
  Camera camera;
  camera.position = position;
  camera.centre = centre;
  camera.right = {0.01F, 0, 0};
  camera.up = {0, 0.01F, 0};
  return camera;
}

struct Mean {
  double radiance = 0;
  double error = 0;  // standard error
};

Mean mean_radiance(const Scene& scene, std::uint32_t samples, std::uint32_t max_bounces) {
  const World world = build_world(scene);
  const Picture picture{1, 1, samples, max_bounces};
  double sum = 0, squares = 0;
  for (std::uint32_t sample = 0; sample < samples; ++sample) {
    PathRandom random({3, 4}, 1, 0, sample);
    const Path path = trace_path(world, scalar_intersector(), picture, 0, 0, random);
    sum += double{path.radiance.x};
    squares += double{path.radiance.x} * double{path.radiance.x};
  }
  const double mean = sum / samples;
  return {mean, std::sqrt(std::fmax(squares / samples - mean * mean, 0) / samples)};
}

TEST_CASE("in a furnace of radiance 1 everything white is invisible") {
  for (const MaterialKind kind :
       {MaterialKind::diffuse, MaterialKind::glossy, MaterialKind::metal, MaterialKind::glass}) {
    Scene scene;
    scene.camera = camera_at({0, 0, 4}, {0.4F, 0.3F, 0});
    scene.horizon = scene.zenith = {1, 1, 1};
    scene.materials = {material(kind, {1, 1, 1})};
    scene.spheres = {{{0, 0, 0}, 1, 0}};
    const Mean mean = mean_radiance(scene, 4000, 64);
    INFO("material " << static_cast<int>(kind));
    CHECK(std::fabs(mean.radiance - 1) < 1e-3 + 4 * mean.error);
    CHECK(mean.error < 0.02);
  }
}

TEST_CASE("a grey sphere shows its albedo of the furnace") {
  Scene scene;
  scene.camera = camera_at({0, 0, 4}, {0, 0, 0});
  scene.horizon = scene.zenith = {1, 1, 1};
  scene.materials = {material(MaterialKind::diffuse, {0.25F, 0.5F, 0.75F})};
  scene.spheres = {{{0, 0, 0}, 1, 0}};
  CHECK(std::fabs(mean_radiance(scene, 500, 8).radiance - 0.25) < 1e-5);
  scene.camera.exposure = 2;
  CHECK(std::fabs(mean_radiance(scene, 500, 8).radiance - 0.5) < 1e-5);
}

// A floor at y = 0 seen from the side at the origin.
Scene floor_scene() {
  Scene scene;
  scene.camera = camera_at({0, 1, 6}, {0, 0, 0});
  scene.materials = {material(MaterialKind::diffuse, {0.5F, 0.5F, 0.5F}),
                     material(MaterialKind::emissive, {2, 2, 2})};
  scene.flats = {{{-50, 0, 50}, {100, 0, 0}, {0, 0, -100}, true, 0}};
  return scene;
}

TEST_CASE("a round lamp overhead lights a floor by albedo * radiance * (r / d)^2") {
  for (const float height : {1.2F, 3.0F, 40.0F}) {
    Scene scene = floor_scene();
    scene.spheres = {{{0, height, 0}, 1, 1}};
    const double wanted = 0.5 * 2 / (double{height} * double{height});
    const Mean mean = mean_radiance(scene, 4000, 1);
    INFO("height " << height);
    CHECK(std::fabs(mean.radiance - wanted) < 4 * mean.error + 0.003 * wanted);
  }
}

TEST_CASE("a square lamp overhead lights a floor by its form factor") {
  for (const float half : {0.5F, 2.0F}) {
    Scene scene = floor_scene();
    scene.flats.push_back({{-half, 2, -half}, {2 * half, 0, 0}, {0, 0, 2 * half}, true, 1});
    // Four quarters of a parallel rectangle over the point (Howell's catalogue, B-4).
    const double a = double{half} / 2;
    const double s = std::sqrt(1 + a * a);
    const double wanted = 0.5 * 2 * 4 / (2 * kPi) * 2 * (a / s) * std::atan(a / s);
    const Mean mean = mean_radiance(scene, 20000, 1);
    INFO("half side " << half);
    CHECK(std::fabs(mean.radiance - wanted) < 4 * mean.error + 0.003 * wanted);
  }
}

TEST_CASE("many lamps are sampled without bias, weighed by distance or by power alone") {
  for (const int across : {3, 6}) {  // 9 and 36 lamps: either side of kWeighedLights
    Scene scene = floor_scene();
    double wanted = 0;
    for (int i = 0; i < across * across; ++i) {
      const float x = static_cast<float>(i % across) - 1, z = static_cast<float>(i / across) - 1;
      const float r = i == 4 ? 0.3F : 0.1F;
      const double d2 = double{x} * double{x} + double{z} * double{z} + 9;
      wanted += 0.5 * 2 * double{r} * double{r} / d2 * 3 / std::sqrt(d2);
      scene.spheres.push_back({{x, 3, z}, r, 1});
    }
    CHECK((scene.spheres.size() <= kWeighedLights) == (across == 3));
    const Mean mean = mean_radiance(scene, 20000, 1);
    INFO(scene.spheres.size() << " lamps");
    CHECK(std::fabs(mean.radiance - wanted) < 4 * mean.error + 0.01 * wanted);
  }
}

TEST_CASE("the chances of the lights add up to one") {
  const Scene scene = test::random_scene(1, 200);
  const std::vector<Light> lights = find_lights(scene);
  REQUIRE(lights.size() > kWeighedLights);
  double sum = 0;
  for (const Light& light : lights) sum += double{light.share};
  CHECK(std::fabs(sum - 1) < 1e-5);
  CHECK(lights.back().upto == std::uint64_t{1} << 32);
}

TEST_CASE("a shadow is black where no other light is") {
  Scene scene = floor_scene();
  scene.spheres = {{{0, 6, 0}, 0.5F, 1}, {{0, 3, 0}, 1, 0}};
  CHECK(mean_radiance(scene, 500, 1).radiance == 0);
  // With bounces the floor further out lights the blocker from below, and it the shadow.
  CHECK(mean_radiance(scene, 4000, 8).radiance > 0);
}

TEST_CASE("a lamp is seen directly and in a mirror, once") {
  Scene scene = floor_scene();
  scene.camera = camera_at({0, 1, 6}, {0, 1, 0});
  scene.spheres = {{{0, 1, 0}, 1, 1}};
  CHECK(mean_radiance(scene, 100, 8).radiance == 2);
  scene.camera = camera_at({0, 1, 6}, {0, 0, 3});
  scene.materials[0] = material(MaterialKind::metal, {1, 1, 1});
  CHECK(std::fabs(mean_radiance(scene, 100, 8).radiance - 2) < 1e-5);
  CHECK(mean_radiance(scene, 100, 0).radiance == 0);
}

TEST_CASE("a lamp met by chance after a diffuse bounce counts for kGlintMax at most") {
  // The floor under a mirror that stands in for the lamp: all light comes by way of the mirror.
  Scene scene = floor_scene();
  scene.materials.push_back(material(MaterialKind::metal, {1, 1, 1}));
  scene.materials[1].color = {100, 50, 0};
  scene.flats.push_back({{-50, 4, -50}, {100, 0, 0}, {0, 0, 100}, true, 2});
  scene.spheres = {{{0, 2, 0}, 0.5F, 1}};
  const Mean direct = mean_radiance(scene, 2000, 1);
  const World world = build_world(scene);
  std::size_t glints = 0;
  for (std::uint32_t sample = 0; sample < 2000; ++sample) {
    PathRandom random({3, 4}, 1, 0, sample);
    const Path path = trace_path(world, scalar_intersector(), {1, 1, 1, 2}, 0, 0, random);
    const float more = path.radiance.x - static_cast<float>(direct.radiance);
    glints += more > 0.01F;
    REQUIRE(more <= kGlintMax + 0.01F);
  }
  CHECK(glints > 10);
}

TEST_CASE("a sample is scaled down to kRadianceMax and keeps its colour") {
  Scene scene;
  scene.camera = camera_at({0, 0, 4}, {0, 0, 0});
  scene.materials.resize(1);
  scene.horizon = scene.zenith = {8000, 4000, 1};
  const World world = build_world(scene);
  PathRandom random({3, 4}, 1, 0, 0);
  const Path path = trace_path(world, scalar_intersector(), {1, 1, 1, 0}, 0, 0, random);
  CHECK(path.radiance.x == kRadianceMax);
  CHECK(path.radiance.y == kRadianceMax / 2);
}

TEST_CASE("a frame is three unit vectors at right angles, whichever way it looks") {
  test::Dice dice(3);
  for (int i = 0; i < 2000; ++i) {
    Vec3 n = normalized(dice.vector(1));
    if (i == 0) n = {0, 0, -1};
    if (i == 1) n = {0, 0, 1};
    const Frame frame = frame_of(n);
    for (const float product : {dot(frame.x, frame.y), dot(frame.x, n), dot(frame.y, n),
                                dot(frame.x, frame.x) - 1, dot(frame.y, frame.y) - 1}) {
      if (!(std::fabs(product) < 1e-5F)) FAIL("normal " << n.x << ", " << n.y << ", " << n.z);
    }
  }
}

TEST_CASE("a checker changes colour at whole squares on both sides of zero") {
  Material checkered = material(MaterialKind::diffuse, {1, 1, 1});
  checkered.checker_color = {0, 0, 0};
  checkered.checker_size = 0.5F;
  Surface surface;
  surface.material = &checkered;
  const auto shade = [&](float x, float z) {
    surface.position = {x, 0, z};
    return color_at(surface).x;
  };
  CHECK(shade(0.1F, 0.1F) == 1);
  CHECK(shade(-0.1F, 0.1F) == 0);
  CHECK(shade(-0.1F, -0.1F) == 1);
  CHECK(shade(0.6F, 0.1F) == 0);
  CHECK(shade(0.6F, 0.6F) == 1);
  CHECK(shade(-0.5F, 0) == 0);
}

}  // namespace
}  // namespace assay::compute::render
