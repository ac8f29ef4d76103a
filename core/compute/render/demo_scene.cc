#include "core/compute/render/demo_scene.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "core/compute/render/trig.h"

namespace assay::compute::render {
namespace {

constexpr std::string_view kScene = R"({
  "camera": {
    "position": [0.4, 2.35, 9.6], "look_at": [0.05, 0.95, 0], "vertical_fov_degrees": 30,
    "aperture": 0.16, "focus_distance": 9.3, "exposure": 1.0
  },
  "background": {"horizon": [0.95, 0.74, 0.55], "zenith": [0.22, 0.38, 0.72]},
  "materials": {
    "floor": {"type": "glossy", "color": [0.72, 0.68, 0.62], "fuzz": 0.06,
              "checker": {"color": [0.30, 0.32, 0.36], "size": 1}},
    "glass": {"type": "glass", "color": [1, 1, 1], "ior": 1.5},
    "clear": {"type": "glass", "color": [0.86, 0.96, 1], "ior": 1.45},
    "mirror": {"type": "metal", "color": [0.93, 0.94, 0.96]},
    "gold": {"type": "metal", "color": [1, 0.72, 0.29], "fuzz": 0.08},
    "copper": {"type": "metal", "color": [0.95, 0.56, 0.40], "fuzz": 0.25},
    "pearl": {"type": "glossy", "color": [0.90, 0.86, 0.82], "fuzz": 0.15},
    "coral": {"type": "glossy", "color": [0.90, 0.25, 0.18]},
    "sun": {"type": "glossy", "color": [0.95, 0.60, 0.08]},
    "teal": {"type": "glossy", "color": [0.05, 0.48, 0.50]},
    "navy": {"type": "glossy", "color": [0.06, 0.12, 0.42]},
    "plum": {"type": "glossy", "color": [0.38, 0.08, 0.32]},
    "lime": {"type": "diffuse", "color": [0.48, 0.66, 0.16]},
    "cream": {"type": "diffuse", "color": [0.90, 0.84, 0.70]},
    "lamp": {"type": "emissive", "color": [1, 0.82, 0.58], "strength": 14},
    "glow": {"type": "emissive", "color": [0.55, 0.75, 1], "strength": 6}
  },
  "objects": [
    {"type": "quad", "corner": [-60, 0, 30], "edge_u": [120, 0, 0], "edge_v": [0, 0, -120],
     "material": "floor"},
    {"type": "sphere", "center": [-7, 9, 5], "radius": 2.4, "material": "lamp"},
    {"type": "sphere", "center": [9, 7, -3], "radius": 1.4, "material": "glow"},
    {"type": "sphere", "center": [-2.35, 1.25, 0.35], "radius": 1.25, "material": "glass"},
    {"type": "sphere", "center": [2.5, 1, 1], "radius": 1, "material": "mirror"},
    {"type": "sphere", "center": [2.95, 0.24, 2.76], "radius": 0.24, "material": "lime"},
    {"type": "sphere", "center": [-0.21, 0.18, 2.1], "radius": 0.18, "material": "sun"},
    {"type": "sphere", "center": [-0.77, 0.42, -4.51], "radius": 0.42, "material": "navy"},
    {"type": "sphere", "center": [4.38, 0.16, -0.74], "radius": 0.16, "material": "pearl"},
    {"type": "sphere", "center": [3.47, 0.18, 0.17], "radius": 0.18, "material": "teal"},
    {"type": "sphere", "center": [5.97, 0.16, -6.12], "radius": 0.16, "material": "sun"},
    {"type": "sphere", "center": [-1.57, 0.16, 1.83], "radius": 0.16, "material": "sun"},
    {"type": "sphere", "center": [-3.81, 0.42, -4.41], "radius": 0.42, "material": "gold"},
    {"type": "sphere", "center": [-6.65, 0.24, -6.45], "radius": 0.24, "material": "pearl"},
    {"type": "sphere", "center": [-3.77, 0.42, -5.61], "radius": 0.42, "material": "cream"},
    {"type": "sphere", "center": [-5.79, 0.28, -3.41], "radius": 0.28, "material": "teal"},
    {"type": "sphere", "center": [2.59, 0.16, 3.75], "radius": 0.16, "material": "coral"},
    {"type": "sphere", "center": [5.82, 0.18, -4.26], "radius": 0.18, "material": "lime"},
    {"type": "sphere", "center": [-0.74, 0.24, 3.99], "radius": 0.24, "material": "teal"},
    {"type": "sphere", "center": [-2.46, 0.2, -2.9], "radius": 0.2, "material": "coral"},
    {"type": "sphere", "center": [-3.53, 0.24, 1.61], "radius": 0.24, "material": "cream"},
    {"type": "sphere", "center": [-6.67, 0.34, -5.42], "radius": 0.34, "material": "lime"},
    {"type": "sphere", "center": [3.33, 0.28, -4.46], "radius": 0.28, "material": "navy"},
    {"type": "sphere", "center": [-3.94, 0.24, 0.39], "radius": 0.24, "material": "clear"},
    {"type": "sphere", "center": [5.34, 0.42, -0.16], "radius": 0.42, "material": "coral"},
    {"type": "sphere", "center": [7.13, 0.18, -4.5], "radius": 0.18, "material": "sun"},
    {"type": "sphere", "center": [-4.98, 0.34, -0.33], "radius": 0.34, "material": "navy"},
    {"type": "sphere", "center": [-5.93, 0.18, -1.78], "radius": 0.18, "material": "sun"},
    {"type": "sphere", "center": [-0.98, 0.2, 2.38], "radius": 0.2, "material": "teal"},
    {"type": "sphere", "center": [1.94, 0.16, -4.27], "radius": 0.16, "material": "coral"},
    {"type": "sphere", "center": [1.56, 0.28, -2.56], "radius": 0.28, "material": "navy"},
    {"type": "sphere", "center": [2.51, 0.2, 3.22], "radius": 0.2, "material": "cream"},
    {"type": "sphere", "center": [6.43, 0.28, -4.4], "radius": 0.28, "material": "lime"},
    {"type": "sphere", "center": [7.27, 0.16, -6.09], "radius": 0.16, "material": "cream"},
    {"type": "sphere", "center": [-0.31, 0.16, -5.15], "radius": 0.16, "material": "pearl"},
    {"type": "sphere", "center": [-2.31, 0.18, 3.32], "radius": 0.18, "material": "coral"},
    {"type": "sphere", "center": [-0.74, 0.16, -3.62], "radius": 0.16, "material": "coral"},
    {"type": "sphere", "center": [-1.9, 0.16, -4.61], "radius": 0.16, "material": "sun"},
    {"type": "sphere", "center": [-5.51, 0.18, -5.51], "radius": 0.18, "material": "lime"},
    {"type": "sphere", "center": [0.68, 0.28, 3.63], "radius": 0.28, "material": "coral"},
    {"type": "sphere", "center": [1.58, 0.24, 3.24], "radius": 0.24, "material": "coral"},
    {"type": "sphere", "center": [0.71, 0.16, -5.69], "radius": 0.16, "material": "coral"},
    {"type": "sphere", "center": [2.39, 0.2, -2.74], "radius": 0.2, "material": "teal"},
    {"type": "sphere", "center": [0.6, 0.16, 2.74], "radius": 0.16, "material": "sun"},
    {"type": "sphere", "center": [2.71, 0.16, 4.13], "radius": 0.16, "material": "copper"},
    {"type": "sphere", "center": [4.09, 0.24, -1.79], "radius": 0.24, "material": "teal"},
    {"type": "sphere", "center": [-4.38, 0.28, 1.53], "radius": 0.28, "material": "sun"},
    {"type": "sphere", "center": [-3.17, 0.16, -1.35], "radius": 0.16, "material": "teal"},
    {"type": "sphere", "center": [1.45, 0.24, 1.85], "radius": 0.24, "material": "lime"},
    {"type": "sphere", "center": [-1.06, 0.2, 3.09], "radius": 0.2, "material": "navy"},
    {"type": "sphere", "center": [3.91, 0.18, -1.19], "radius": 0.18, "material": "coral"},
    {"type": "mesh", "obj": "knot.obj", "material": "gold", "smooth": true, "scale": 0.46,
     "rotate_degrees": [-12, 20, 0], "translate": [0.35, 1.42, -0.9]}
  ]
})";

constexpr int kAlong = 96;   // rings along the knot
constexpr int kAround = 16;  // corners of a ring
constexpr double kTube = 0.62;

using Point = std::array<double, 3>;

// The curve (sin t + 2 sin 2t, cos t - 2 cos 2t, -sin 3t) and its derivative.
Point curve(double degrees) {
  const auto turn = [&](double times) {
    double angle = degrees * times;
    while (angle >= 360) angle -= 360;
    return sin_cos_degrees(angle);
  };
  const SinCos one = turn(1), two = turn(2), three = turn(3);
  return {one.sin + 2 * two.sin, one.cos - 2 * two.cos, -three.sin};
}

Point minus(const Point& a, const Point& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}
Point cross(const Point& a, const Point& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
Point unit(const Point& a) {
  const double size = std::sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
  return {a[0] / size, a[1] / size, a[2] / size};
}

std::string line(const char* keyword, const Point& p) {
  char text[80];
  std::snprintf(text, sizeof text, "%s %.4f %.4f %.4f\n", keyword, p[0], p[1], p[2]);
  return text;
}

std::string make_knot() {
  std::string text = "# A trefoil knot: rings of a tube around a closed curve.\n";
  for (int ring = 0; ring < kAlong; ++ring) {
    const double at = 360.0 * ring / kAlong;
    const Point middle = curve(at);
    const Point forward = unit(minus(curve(at + 0.5), curve(at < 0.5 ? at + 359.5 : at - 0.5)));
    // Seen from the axis of the knot the frame turns with the curve and closes on itself.
    const Point side = unit(cross(forward, {0, 0, 1}));
    const Point up = cross(side, forward);
    for (int corner = 0; corner < kAround; ++corner) {
      const SinCos angle = sin_cos_degrees(360.0 * corner / kAround);
      Point normal, place;
      for (std::size_t i = 0; i < 3; ++i) {
        normal[i] = side[i] * angle.cos + up[i] * angle.sin;
        place[i] = middle[i] + normal[i] * kTube;
      }
      text += line("v", place) + line("vn", normal);
    }
  }
  for (int ring = 0; ring < kAlong; ++ring) {
    for (int corner = 0; corner < kAround; ++corner) {
      const int next = (ring + 1) % kAlong, beside = (corner + 1) % kAround;
      const int corners[4] = {ring * kAround + corner, ring * kAround + beside,
                              next * kAround + beside, next * kAround + corner};
      text += "f";
      for (const int c : corners) {
        const std::string number = std::to_string(c + 1);
        text += " " + number + "//" + number;
      }
      text += "\n";
    }
  }
  return text;
}

}  // namespace

std::string_view demo_scene_json() {
  return kScene;
}

const std::string& demo_mesh_obj() {
  static const std::string text = make_knot();
  return text;
}

}  // namespace assay::compute::render
