// The film: what is committed of a picture, and the picture made of it for people.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <span>

#include "core/base/bytes.h"
#include "core/compute/render/vec.h"

namespace assay::compute::render {

// Fixed point: radiance 1 is 2^20. A sum of up to 65,536 samples of at most kRadianceMax stays
// below 2^41, exact in s64, so that the order of samples cannot matter.
inline constexpr int kFilmBits = 20;

// Round to nearest even of radiance * 2^20, for radiance in [0, kRadianceMax].
ASSAY_SHARED inline std::int64_t film_value(float radiance) {
  const float scaled = radiance * 0x1p20F;
  // Adding and taking away 2^23 rounds to an integer, to even; above it every f32 is one.
  const float rounded = scaled < 0x1p23F ? (scaled + 0x1p23F) - 0x1p23F : scaled;
  return static_cast<std::int64_t>(rounded);
}

// 8-bit sRGB of a film of width * height * 3 sums over `samples` paths a pixel: a filmic curve,
// then the sRGB transfer function. For eyes alone: libm may differ by a step of grey.
Bytes develop(std::span<const std::int64_t> film, std::uint32_t samples);

// width * height * 3 bytes as a PNG file (8-bit RGB, tagged sRGB).
//   inconclusive libpng failed (memory)
Result<Bytes> write_png(ByteView rgb, std::uint32_t width, std::uint32_t height);

}  // namespace assay::compute::render
