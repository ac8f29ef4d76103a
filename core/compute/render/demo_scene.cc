#include "core/compute/render/demo_scene.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "core/compute/render/trig.h"

namespace assay::compute::render {
namespace {

constexpr std::string_view kScene = R"({
  "camera": {
    "position": [3.6, 2.9, 9.4], "look_at": [0.0, 0.98, 0], "vertical_fov_degrees": 27,
    "aperture": 0.2, "focus_distance": 9.6, "exposure": 1.4
  },
  "background": {"horizon": [0.80, 0.46, 0.30], "zenith": [0.01, 0.06, 0.34]},
  "materials": {
    "floor": {"type": "glossy", "color": [0.62, 0.56, 0.48], "fuzz": 0,
              "checker": {"color": [0.09, 0.10, 0.13], "size": 1}},
    "slate": {"type": "diffuse", "color": [0.34, 0.25, 0.21]},
    "glass": {"type": "glass", "color": [1, 1, 1], "ior": 1.5},
    "clear": {"type": "glass", "color": [0.72, 0.92, 0.98], "ior": 1.45},
    "mirror": {"type": "metal", "color": [0.93, 0.94, 0.96]},
    "gold": {"type": "metal", "color": [1, 0.70, 0.26], "fuzz": 0.06},
    "copper": {"type": "metal", "color": [0.95, 0.52, 0.36], "fuzz": 0.2},
    "pearl": {"type": "glossy", "color": [0.90, 0.86, 0.82], "fuzz": 0.1},
    "coral": {"type": "glossy", "color": [0.85, 0.13, 0.09]},
    "sun": {"type": "glossy", "color": [0.95, 0.50, 0.04]},
    "teal": {"type": "glossy", "color": [0.02, 0.42, 0.44]},
    "navy": {"type": "glossy", "color": [0.03, 0.09, 0.45]},
    "plum": {"type": "glossy", "color": [0.38, 0.04, 0.30]},
    "lime": {"type": "diffuse", "color": [0.40, 0.62, 0.10]},
    "cream": {"type": "diffuse", "color": [0.90, 0.82, 0.66]},
    "lamp": {"type": "emissive", "color": [1, 0.80, 0.56], "strength": 26},
    "rim": {"type": "emissive", "color": [0.45, 0.65, 1], "strength": 9},
    "ember": {"type": "emissive", "color": [1, 0.42, 0.12], "strength": 2.4}
  },
  "objects": [
    {"type": "quad", "corner": [-80, -0.02, 40], "edge_u": [160, 0, 0], "edge_v": [0, 0, -160],
     "material": "slate"},
    {"type": "quad", "corner": [-6, 0, 7], "edge_u": [12, 0, 0], "edge_v": [0, 0, -12],
     "material": "floor"},
    {"type": "sphere", "center": [-7, 9, 6], "radius": 2.2, "material": "lamp"},
    {"type": "sphere", "center": [6, 6, -8], "radius": 1.5, "material": "rim"},
    {"type": "sphere", "center": [-2.35, 1.25, 0.2], "radius": 1.25, "material": "glass"},
    {"type": "sphere", "center": [2.4, 1, -0.6], "radius": 1, "material": "mirror"},
    {"type": "sphere", "center": [0.07, 0.42, 3.22], "radius": 0.42, "material": "clear"},
    {"type": "sphere", "center": [0.13, 0.18, 0.93], "radius": 0.18, "material": "coral"},
    {"type": "sphere", "center": [0.86, 0.2, 0.68], "radius": 0.2, "material": "coral"},
    {"type": "sphere", "center": [6.54, 0.16, 1.22], "radius": 0.16, "material": "lime"},
    {"type": "sphere", "center": [2.49, 0.2, 1.84], "radius": 0.2, "material": "gold"},
    {"type": "sphere", "center": [-1.64, 0.16, 1.97], "radius": 0.16, "material": "pearl"},
    {"type": "sphere", "center": [-1.59, 0.34, -3.02], "radius": 0.34, "material": "cream"},
    {"type": "sphere", "center": [4.69, 0.16, -0.39], "radius": 0.16, "material": "ember"},
    {"type": "sphere", "center": [-0.59, 0.28, 1.54], "radius": 0.28, "material": "sun"},
    {"type": "sphere", "center": [1.78, 0.18, 0.75], "radius": 0.18, "material": "copper"},
    {"type": "sphere", "center": [0.9, 0.14, 3.31], "radius": 0.14, "material": "teal"},
    {"type": "sphere", "center": [2.12, 0.2, 4.04], "radius": 0.2, "material": "plum"},
    {"type": "sphere", "center": [0.89, 0.2, 0.2], "radius": 0.2, "material": "navy"},
    {"type": "sphere", "center": [4.8, 0.14, -1], "radius": 0.14, "material": "teal"},
    {"type": "sphere", "center": [0.38, 0.14, 0.5], "radius": 0.14, "material": "coral"},
    {"type": "sphere", "center": [0.02, 0.14, 2.59], "radius": 0.14, "material": "plum"},
    {"type": "sphere", "center": [2.76, 0.24, 0.93], "radius": 0.24, "material": "sun"},
    {"type": "sphere", "center": [-1.06, 0.14, -3.48], "radius": 0.14, "material": "navy"},
    {"type": "sphere", "center": [-3.1, 0.2, 2.01], "radius": 0.2, "material": "coral"},
    {"type": "sphere", "center": [-5.57, 0.34, -0.83], "radius": 0.34, "material": "copper"},
    {"type": "sphere", "center": [-1.49, 0.42, -1.32], "radius": 0.42, "material": "gold"},
    {"type": "sphere", "center": [-1.3, 0.16, 1.62], "radius": 0.16, "material": "teal"},
    {"type": "sphere", "center": [-0.32, 0.24, 2.29], "radius": 0.24, "material": "sun"},
    {"type": "sphere", "center": [-2.31, 0.34, 3.55], "radius": 0.34, "material": "ember"},
    {"type": "sphere", "center": [1.03, 0.14, 2.89], "radius": 0.14, "material": "cream"},
    {"type": "sphere", "center": [-0.58, 0.28, 0.77], "radius": 0.28, "material": "lime"},
    {"type": "sphere", "center": [1.3, 0.2, 0.54], "radius": 0.2, "material": "pearl"},
    {"type": "sphere", "center": [-1.38, 0.28, 2.48], "radius": 0.28, "material": "clear"},
    {"type": "sphere", "center": [1.09, 0.24, 4.16], "radius": 0.24, "material": "navy"},
    {"type": "sphere", "center": [-0.84, 0.14, 3.05], "radius": 0.14, "material": "plum"},
    {"type": "sphere", "center": [1.77, 0.34, -2.69], "radius": 0.34, "material": "teal"},
    {"type": "sphere", "center": [-4.56, 0.14, -1.31], "radius": 0.14, "material": "coral"},
    {"type": "sphere", "center": [1.15, 0.2, 1.74], "radius": 0.2, "material": "copper"},
    {"type": "sphere", "center": [5, 0.24, -1.77], "radius": 0.24, "material": "sun"},
    {"type": "sphere", "center": [-0.07, 0.14, 0.13], "radius": 0.14, "material": "lime"},
    {"type": "sphere", "center": [-0.92, 0.16, 2.01], "radius": 0.16, "material": "cream"},
    {"type": "sphere", "center": [1.73, 0.18, -3.55], "radius": 0.18, "material": "gold"},
    {"type": "sphere", "center": [0.55, 0.14, 1.83], "radius": 0.14, "material": "pearl"},
    {"type": "sphere", "center": [-3.45, 0.14, -2.05], "radius": 0.14, "material": "teal"},
    {"type": "sphere", "center": [5.27, 0.28, -0.99], "radius": 0.28, "material": "clear"},
    {"type": "sphere", "center": [3.6, 0.16, -1.17], "radius": 0.16, "material": "sun"},
    {"type": "sphere", "center": [-2.57, 0.28, 5.21], "radius": 0.28, "material": "ember"},
    {"type": "sphere", "center": [0.79, 0.34, -3.52], "radius": 0.34, "material": "coral"},
    {"type": "sphere", "center": [-2.82, 0.28, -2.54], "radius": 0.28, "material": "cream"},
    {"type": "sphere", "center": [-0.75, 0.18, 4.28], "radius": 0.18, "material": "sun"},
    {"type": "sphere", "center": [3.42, 0.16, -4.61], "radius": 0.16, "material": "pearl"},
    {"type": "sphere", "center": [2.99, 0.24, 1.66], "radius": 0.24, "material": "plum"},
    {"type": "sphere", "center": [-0.88, 0.2, -0.31], "radius": 0.2, "material": "copper"},
    {"type": "sphere", "center": [3, 0.24, 3.52], "radius": 0.24, "material": "teal"},
    {"type": "sphere", "center": [0.35, 0.18, 1.34], "radius": 0.18, "material": "lime"},
    {"type": "sphere", "center": [-4.64, 0.34, 0.11], "radius": 0.34, "material": "navy"},
    {"type": "sphere", "center": [0.88, 0.2, -4.51], "radius": 0.2, "material": "sun"},
    {"type": "sphere", "center": [4.69, 0.14, 0.26], "radius": 0.14, "material": "teal"},
    {"type": "sphere", "center": [3.79, 0.16, 2.3], "radius": 0.16, "material": "gold"},
    {"type": "sphere", "center": [2.26, 0.16, -3.14], "radius": 0.16, "material": "coral"},
    {"type": "sphere", "center": [-2.47, 0.16, -1.67], "radius": 0.16, "material": "clear"},
    {"type": "sphere", "center": [-3.67, 0.24, 2.34], "radius": 0.24, "material": "sun"},
    {"type": "sphere", "center": [-1.15, 0.28, 3.54], "radius": 0.28, "material": "clear"},
    {"type": "mesh", "obj": "knot.obj", "material": "gold", "smooth": true, "scale": 0.46,
     "rotate_degrees": [-12, 32, 0], "translate": [0.2, 1.5, -1.3]}
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
