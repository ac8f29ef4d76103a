#include <algorithm>

#include "core/compute/render/film.h"
#include "core/compute/simulate/colours.h"
#include "core/compute/simulate/picture.h"

namespace assay::compute::simulate {
namespace {

constexpr std::int64_t kSide = 1024;
constexpr std::int64_t kGlowPixels = 12;
constexpr Colour kSlow = {255, 112, 48}, kFast = {84, 148, 255};
constexpr Colour kSky = {4, 5, 12};

// A body's light, falling off with the square of its distance in pixels: a point and a halo.
double light_at(double square) {
  const double edge = static_cast<double>(kGlowPixels * kGlowPixels);
  const double fade = square < edge ? 1 - square / edge : 0;
  return (1 / (1 + 1.5 * square * square) + 0.06 / (1 + 0.1 * square)) * fade;
}

struct Dot {
  double x, y, speed;
};

}  // namespace

Result<Bytes> bodies_picture(const Bodies& bodies, std::span<const std::int64_t> state) {
  const double scale = kSide / 2 / (bodies.parameters().picture_thousandths / 1e3);
  std::vector<Dot> dots;
  std::vector<double> speeds;
  for (std::size_t i = 0; i < bodies.masses().size(); ++i) {
    const std::int64_t* of = state.data() + i / kBlockBodies * kBlockNumbers + i % kBlockBodies;
    double square = 0;
    for (std::size_t k = 3; k < 6; ++k) {
      const double v = static_cast<double>(of[k * kBlockBodies]) * 0x1p-44 /
                       static_cast<double>(bodies.masses()[i]);
      square += v * v;
    }
    dots.push_back({kSide / 2 + static_cast<double>(of[0]) * 0x1p-40 * scale,
                    kSide / 2 - static_cast<double>(of[kBlockBodies]) * 0x1p-40 * scale,
                    __builtin_sqrt(square)});
    speeds.push_back(dots.back().speed);
  }
  const auto rank = speeds.begin() + static_cast<std::ptrdiff_t>(speeds.size() * 9 / 10);
  std::nth_element(speeds.begin(), rank, speeds.end());
  const double usual = *rank > 0 ? *rank : 1;

  std::vector<Colour> light(static_cast<std::size_t>(kSide * kSide));
  // So that few bodies shine as one does and many do not drown the picture.
  const double each = 9.0 / __builtin_sqrt(static_cast<double>(dots.size()) / 256 + 1);
  for (const Dot& dot : dots) {
    if (!(dot.x > -kGlowPixels && dot.x < kSide + kGlowPixels)) continue;
    if (!(dot.y > -kGlowPixels && dot.y < kSide + kGlowPixels)) continue;
    const Colour colour =
        mix(kSlow, kFast, std::clamp(dot.speed / usual * 1.6 - 0.7, 0.0, 1.0)) * each;
    const auto cx = static_cast<std::int64_t>(dot.x), cy = static_cast<std::int64_t>(dot.y);
    for (std::int64_t y = std::max<std::int64_t>(0, cy - kGlowPixels);
         y < std::min(kSide, cy + kGlowPixels + 1); ++y) {
      for (std::int64_t x = std::max<std::int64_t>(0, cx - kGlowPixels);
           x < std::min(kSide, cx + kGlowPixels + 1); ++x) {
        const double dx = static_cast<double>(x) + 0.5 - dot.x;
        const double dy = static_cast<double>(y) + 0.5 - dot.y;
        Colour& at = light[static_cast<std::size_t>(y * kSide + x)];
        const Colour more = colour * light_at(dx * dx + dy * dy);
        at = {at.r + more.r, at.g + more.g, at.b + more.b};
      }
    }
  }
  Bytes rgb(light.size() * 3);
  for (std::size_t i = 0; i < light.size(); ++i) {
    const auto shown = [](double value) { return 255 * value / (value + 255); };
    const Colour& at = light[i];
    put_colour(std::span(rgb).subspan(i * 3, 3),
               {kSky.r + shown(at.r), kSky.g + shown(at.g), kSky.b + shown(at.b)});
  }
  return render::write_png(rgb, kSide, kSide);
}

}  // namespace assay::compute::simulate
