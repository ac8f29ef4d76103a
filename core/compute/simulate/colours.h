// Colour maps of the pictures. Pure; any thread.
#pragma once

#include <span>

#include "core/base/bytes.h"

namespace assay::compute::simulate {

struct Colour {
  double r = 0, g = 0, b = 0;  // 0..255
};
inline Colour mix(const Colour& a, const Colour& b, double t) {
  return {a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}
inline Colour operator*(const Colour& a, double by) {
  return {a.r * by, a.g * by, a.b * by};
}

// From black over violet and orange to a pale yellow, and from pale blue over black to pale yellow.
inline constexpr Colour kGlow[] = {{3, 3, 14},     {24, 15, 64},    {76, 18, 122},
                                   {130, 37, 130}, {183, 55, 121},  {231, 82, 99},
                                   {252, 137, 97}, {254, 197, 138}, {252, 253, 196}};
inline constexpr Colour kTurn[] = {{196, 242, 255}, {74, 178, 246}, {28, 92, 184},
                                   {12, 36, 78},    {6, 8, 16},     {74, 24, 16},
                                   {178, 64, 24},   {246, 154, 52}, {255, 242, 196}};

// t is clamped to 0..1; NaN gives the first.
inline Colour colour_at(std::span<const Colour> map, double t) {
  const double last = static_cast<double>(map.size() - 1);
  const double at = t > 0 ? (t < 1 ? t * last : last) : 0;
  const auto below = static_cast<std::size_t>(at);
  if (below + 1 >= map.size()) return map.back();
  return mix(map[below], map[below + 1], at - static_cast<double>(below));
}

inline void put_colour(std::span<std::uint8_t> rgb, const Colour& colour) {
  const double parts[] = {colour.r, colour.g, colour.b};
  for (std::size_t i = 0; i < 3; ++i) {
    const double level = parts[i] > 0 ? (parts[i] < 255 ? parts[i] : 255) : 0;
    rgb[i] = static_cast<std::uint8_t>(level + 0.5);
  }
}

}  // namespace assay::compute::simulate
