#include <algorithm>

#include "core/compute/render/film.h"
#include "core/compute/simulate/colours.h"
#include "core/compute/simulate/picture.h"

namespace assay::compute::simulate {
namespace {

constexpr std::uint32_t kPictureSide = 1200;
constexpr Colour kSolid = {92, 98, 108};
constexpr int kLineSteps = 24;  // pixels of a current's line, each way

struct Flow {
  double across = 0, up = 0, through = 0;
};

// The slice, cell by cell, and as a smooth field.
class Slice {
 public:
  Slice(const Lattice& lattice, std::span<const std::int32_t> state);

  std::uint32_t width() const { return size_[0]; }
  std::uint32_t height() const { return size_[1]; }
  // At a place in cells, bilinear, cell (i, j) having its centre at (i, j).
  Flow flow(double x, double y) const;
  double turning(double x, double y) const { return blend(turning_, x, y); }
  double solid(double x, double y) const { return blend(solid_, x, y); }
  // What is brighter than all but a two-hundredth of the fluid; 1 in still water.
  double usual_speed() const;
  double usual_turning() const;

 private:
  std::size_t at(std::uint32_t x, std::uint32_t y) const { return std::size_t{y} * size_[0] + x; }
  double blend(const std::vector<double>& field, double x, double y) const;
  double usual(std::vector<double> values) const;
  void turn(bool wrap_x, bool wrap_y);

  std::uint32_t size_[2];
  std::vector<double> across_, up_, through_, turning_, solid_;
};

double magnitude(const Flow& flow) {
  return __builtin_sqrt(flow.across * flow.across + flow.up * flow.up +
                        flow.through * flow.through);
}

Slice::Slice(const Lattice& lattice, std::span<const std::int32_t> state) {
  const LatticeParameters& p = lattice.parameters();
  const auto axis = static_cast<std::size_t>(p.picture.axis);
  const std::size_t right = axis == 0 ? 1 : 0, upwards = axis == 2 ? 1 : 2;
  size_[0] = p.size[right];
  size_[1] = p.size[upwards];
  const auto [z_bricks, y_bricks, x_bricks] = p.grid();
  for (std::uint32_t j = 0; j < size_[1]; ++j) {
    for (std::uint32_t i = 0; i < size_[0]; ++i) {
      Cells cell{};
      cell[axis] = p.picture.at;
      cell[right] = i;
      cell[upwards] = j;
      const std::uint64_t brick = (cell[2] / 4 * y_bricks + cell[1] / 4) * x_bricks + cell[0] / 4;
      const std::size_t number = (cell[2] % 4 * 4 + cell[1] % 4) * 4 + cell[0] % 4;
      std::int32_t f[kDirections];
      for (std::size_t k = 0; k < kDirections; ++k) {
        f[k] = state[brick * kBrickNumbers + k * kBrickCells + number];
      }
      const bool is_solid = lattice.geometry().solid(cell[0], cell[1], cell[2]);
      const CellFlow flow = cell_flow(f, lattice.constants());
      const auto part = [&](std::size_t k) {
        return is_solid ? 0 : static_cast<double>(flow.velocity[k]) * 0x1p-28;
      };
      across_.push_back(part(right));
      up_.push_back(part(upwards));
      through_.push_back(part(axis));
      solid_.push_back(is_solid ? 1 : 0);
    }
  }
  turn(!p.wall[right], !p.wall[upwards]);
}

// d up / d across - d across / d up, by central differences.
void Slice::turn(bool wrap_x, bool wrap_y) {
  const auto step = [](std::uint32_t i, std::uint32_t n, bool wrap, bool ahead) {
    if (ahead) return i + 1 < n ? i + 1 : wrap ? 0 : i;
    return i > 0 ? i - 1 : wrap ? n - 1 : i;
  };
  for (std::uint32_t j = 0; j < size_[1]; ++j) {
    for (std::uint32_t i = 0; i < size_[0]; ++i) {
      const std::size_t e = at(step(i, size_[0], wrap_x, true), j);
      const std::size_t w = at(step(i, size_[0], wrap_x, false), j);
      const std::size_t n = at(i, step(j, size_[1], wrap_y, true));
      const std::size_t s = at(i, step(j, size_[1], wrap_y, false));
      turning_.push_back((up_[e] - up_[w] - across_[n] + across_[s]) / 2);
    }
  }
}

double Slice::blend(const std::vector<double>& field, double x, double y) const {
  const double right = std::clamp(x, 0.0, static_cast<double>(size_[0] - 1));
  const double high = std::clamp(y, 0.0, static_cast<double>(size_[1] - 1));
  const auto i = static_cast<std::uint32_t>(right), j = static_cast<std::uint32_t>(high);
  const std::uint32_t i1 = std::min(i + 1, size_[0] - 1), j1 = std::min(j + 1, size_[1] - 1);
  const double s = right - i, t = high - j;
  return (field[at(i, j)] * (1 - s) + field[at(i1, j)] * s) * (1 - t) +
         (field[at(i, j1)] * (1 - s) + field[at(i1, j1)] * s) * t;
}

Flow Slice::flow(double x, double y) const {
  return {blend(across_, x, y), blend(up_, x, y), blend(through_, x, y)};
}

double Slice::usual(std::vector<double> values) const {
  const auto rank = values.begin() + static_cast<std::ptrdiff_t>(values.size() * 199 / 200);
  std::nth_element(values.begin(), rank, values.end());
  return *rank > 0 ? *rank : 1;
}

double Slice::usual_speed() const {
  std::vector<double> values;
  for (std::size_t i = 0; i < across_.size(); ++i) {
    values.push_back(magnitude({across_[i], up_[i], through_[i]}));
  }
  return usual(std::move(values));
}

double Slice::usual_turning() const {
  std::vector<double> values;
  for (std::size_t i = 0; i < turning_.size(); ++i) {
    if (solid_[i] == 0) values.push_back(turning_[i] < 0 ? -turning_[i] : turning_[i]);
  }
  return values.empty() ? 1 : usual(std::move(values));
}

// Noise of the picture's own, 0..1, by pixel.
double grain(std::int64_t x, std::int64_t y) {
  std::uint64_t h = static_cast<std::uint64_t>(x) * 0x9E3779B97F4A7C15 ^
                    static_cast<std::uint64_t>(y) * 0xC2B2AE3D27D4EB4F;
  h = (h ^ h >> 29) * 0xBF58476D1CE4E5B9;
  return static_cast<double>((h ^ h >> 32) >> 40 & 0xFFFF) / 65535;
}

// How bright the current's lines are at each pixel: noise, averaged along the line through it (line
// integral convolution, Cabral and Leedom 1993). Row 0 is the lowest.
class Lines {
 public:
  Lines(const Slice& slice, std::uint32_t by)
      : width_(std::int64_t{slice.width()} * by), height_(std::int64_t{slice.height()} * by) {
    for (std::int64_t y = 0; y < height_; ++y) {
      for (std::int64_t x = 0; x < width_; ++x) {
        const Flow flow = slice.flow((static_cast<double>(x) + 0.5) / by - 0.5,
                                     (static_cast<double>(y) + 0.5) / by - 0.5);
        const double speed = __builtin_sqrt(flow.across * flow.across + flow.up * flow.up);
        const double unit = speed > 1e-9 ? 1 / speed : 0;
        way_.push_back(
            {static_cast<float>(flow.across * unit), static_cast<float>(flow.up * unit)});
      }
    }
  }

  double light(std::int64_t x, std::int64_t y) const {
    double sum = grain(x, y);
    int count = 1;
    for (const float sign : {-1.0F, 1.0F}) {
      float px = static_cast<float>(x) + 0.5F, py = static_cast<float>(y) + 0.5F;
      for (int i = 0; i < kLineSteps; ++i, ++count) {
        const auto cx = static_cast<std::int64_t>(px), cy = static_cast<std::int64_t>(py);
        const auto [across, up] = way_[static_cast<std::size_t>(cy * width_ + cx)];
        px += sign * across;
        py += sign * up;
        if ((across == 0 && up == 0) || !(px >= 0 && py >= 0)) break;
        if (px >= static_cast<float>(width_) || py >= static_cast<float>(height_)) break;
        sum += grain(static_cast<std::int64_t>(px), static_cast<std::int64_t>(py));
      }
    }
    return std::clamp(0.5 + (sum / count - 0.5) * 3.2, 0.0, 1.0);
  }

 private:
  struct Way {
    float across, up;
  };
  std::int64_t width_, height_;
  std::vector<Way> way_;
};

Colour colour_of(const Slice& slice, Show show, double usual, double x, double y) {
  if (show == Show::vorticity) {
    // Steep about nothing, so that a wake shows beside walls that turn the flow far more.
    const double turning = slice.turning(x, y) / usual;
    const double size = turning < 0 ? -turning : turning;
    return colour_at(kTurn, 0.5 + 0.55 * turning / (0.1 + size));
  }
  const double speed = magnitude(slice.flow(x, y)) / usual;
  return colour_at(kGlow, show == Show::speed ? speed : 0.12 + 0.88 * speed);
}

// `by` pixels to a cell; with `lines`, whose pixels these are too.
Bytes draw(const Slice& slice, Show show, std::uint32_t width, std::uint32_t height, double by,
           const Lines* lines) {
  const double usual = show == Show::vorticity ? slice.usual_turning() : slice.usual_speed();
  Bytes rgb(std::size_t{width} * height * 3);
  for (std::uint32_t row = 0; row < height; ++row) {
    for (std::uint32_t column = 0; column < width; ++column) {
      const double x = (column + 0.5) / by - 0.5, y = (height - row - 0.5) / by - 0.5;
      const Colour plain = colour_of(slice, show, usual, x, y);
      const Colour fluid =
          lines != nullptr ? plain * (0.45 + 0.75 * lines->light(column, height - row - 1)) : plain;
      const double solid = std::clamp((slice.solid(x, y) - 0.5) * by + 0.5, 0.0, 1.0);
      put_colour(std::span(rgb).subspan((std::size_t{row} * width + column) * 3, 3),
                 mix(fluid, kSolid, solid));
    }
  }
  return rgb;
}

}  // namespace

Result<Bytes> lattice_picture(const Lattice& lattice, std::span<const std::int32_t> state) {
  const Slice slice(lattice, state);
  const Show show = lattice.parameters().picture.show;
  const std::uint32_t by = (kPictureSide - 1) / std::max(slice.width(), slice.height()) + 1;
  const std::uint32_t width = slice.width() * by, height = slice.height() * by;
  std::optional<Lines> lines;
  if (show == Show::current) lines.emplace(slice, by);
  const Bytes rgb = draw(slice, show, width, height, by, lines ? &*lines : nullptr);
  return render::write_png(rgb, width, height);
}

Pixels lattice_pixels(const Lattice& lattice, std::span<const std::int32_t> state,
                      std::uint32_t width) {
  const Slice slice(lattice, state);
  const double by = static_cast<double>(width) / slice.width();
  Pixels out;
  out.width = width;
  out.height = std::max(1U, static_cast<std::uint32_t>(slice.height() * by));
  out.rgb = draw(slice, lattice.parameters().picture.show, width, out.height, by, nullptr);
  return out;
}

}  // namespace assay::compute::simulate
