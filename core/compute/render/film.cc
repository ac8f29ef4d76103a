#include "core/compute/render/film.h"

#include <png.h>

#include <algorithm>
#include <cmath>

namespace assay::compute::render {
namespace {

// The picture file is for eyes (tidy: not committed): what is committed is the film.
// A delivered film holds whatever its provider wrote: any number becomes some shade.
// Narkowicz's fit of the ACES film curve, scaled by the 0.6 that its full curve begins with.
double filmic(double x) {
  x = std::clamp(x * 0.6, 0.0, 1e6);
  const double y = (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14);
  return std::clamp(y, 0.0, 1.0);
}

// IEC 61966-2-1.
double srgb(double linear) {
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
}

}  // namespace

Bytes develop(std::span<const std::int64_t> film, std::uint32_t samples) {
  const double scale = 1 / (static_cast<double>(samples) * (1 << kFilmBits));
  Bytes rgb(film.size());
  for (std::size_t i = 0; i < film.size(); ++i) {
    const double shade = srgb(filmic(static_cast<double>(film[i]) * scale));
    const double level = shade * 255 + 0.5;
    rgb[i] = static_cast<std::uint8_t>(level);
  }
  return rgb;
}

Result<Bytes> write_png(ByteView rgb, std::uint32_t width, std::uint32_t height) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = PNG_FORMAT_RGB;
  Bytes file(PNG_IMAGE_PNG_SIZE_MAX(image));
  png_alloc_size_t size = file.size();
  if (png_image_write_to_memory(&image, file.data(), &size, 0, rgb.data(), 0, nullptr) == 0) {
    return fail(Code::inconclusive, std::string("writing the PNG failed: ") + image.message);
  }
  file.resize(size);
  return file;
}

}  // namespace assay::compute::render
