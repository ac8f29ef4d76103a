#include "core/compute/simulate/lattice_geometry.h"

namespace assay::compute::simulate {
namespace {

constexpr int kPower[3] = {1, 3, 9};  // of the three places of a term's number

bool inside(const Obstacle& obstacle, const std::int64_t (&centre)[3]) {
  const auto& n = obstacle.numbers;
  if (obstacle.kind == Obstacle::Kind::box) {
    for (std::size_t k = 0; k < 3; ++k) {
      if (centre[k] < n[k] || centre[k] > n[k + 3]) return false;
    }
    return true;
  }
  std::int64_t square = 0;
  for (int k = 0; k < 3; ++k) {
    if (obstacle.kind == Obstacle::Kind::cylinder && k == obstacle.axis) continue;
    const std::int64_t apart = centre[k] - n[static_cast<std::size_t>(k)];
    square += apart * apart;
  }
  return square <= n[3] * n[3];
}

}  // namespace

LatticeGeometry::LatticeGeometry(const LatticeParameters& parameters,
                                 std::span<const std::int8_t> mask)
    : size_(parameters.size),
      grid_(parameters.grid()),
      wall_{parameters.wall[0], parameters.wall[1], parameters.wall[2]},
      solid_(parameters.bricks()) {
  place_solids(parameters, mask);
  place_terms(parameters);
  first_.reserve(solid_.size() + 1);
  for (std::uint64_t brick = 0; brick < solid_.size(); ++brick) {
    first_.push_back(bounces_.size());
    if (!plain(brick)) find_bounces(brick);
  }
  first_.push_back(bounces_.size());
}

void LatticeGeometry::place_solids(const LatticeParameters& parameters,
                                   std::span<const std::int8_t> mask) {
  if (parameters.obstacles.empty() && mask.empty()) return;
  std::uint64_t cell = 0;
  for (std::uint32_t z = 0; z < size_[2]; ++z) {
    for (std::uint32_t y = 0; y < size_[1]; ++y) {
      for (std::uint32_t x = 0; x < size_[0]; ++x, ++cell) {
        bool is_solid = !mask.empty() && mask[cell] != 0;
        const std::int64_t centre[3] = {2 * std::int64_t{x} + 1, 2 * std::int64_t{y} + 1,
                                        2 * std::int64_t{z} + 1};
        for (const Obstacle& obstacle : parameters.obstacles) {
          is_solid = is_solid || inside(obstacle, centre);
        }
        const std::uint64_t brick = (z / 4 * grid_[1] + y / 4) * grid_[2] + x / 4;
        const std::uint32_t number = (z % 4 * 4 + y % 4) * 4 + x % 4;
        if (is_solid) solid_[brick] |= std::uint64_t{1} << number;
      }
    }
  }
}

void LatticeGeometry::place_terms(const LatticeParameters& parameters) {
  for (const Lid& lid : parameters.lids) {
    std::int32_t along[3];
    for (int k = 0; k < 3; ++k) {
      along[k] = static_cast<std::int32_t>((std::int64_t{lid.velocity_millionths[k]} << kUnitBits) /
                                           6000000);
    }
    for (int number = 0; number < kDirections * 27; ++number) {
      if (number % 27 / kPower[lid.axis] % 3 != (lid.upper ? 2 : 1)) continue;
      for (int k = 0; k < 3; ++k) terms_[number] += kStep[number / 27][k] * along[k];
    }
  }
}

// Neither at a wall nor near a solid cell.
bool LatticeGeometry::plain(std::uint64_t brick) const {
  const std::uint64_t at[3] = {brick % grid_[2], brick / grid_[2] % grid_[1],
                               brick / (grid_[2] * grid_[1])};
  for (std::size_t k = 0; k < 3; ++k) {
    if (wall_[k] && (at[k] == 0 || at[k] + 1 == grid_[2 - k])) return false;
  }
  for (std::uint64_t i = 0; i < 27; ++i) {
    const std::uint64_t x = (at[0] + grid_[2] + i % 3 - 1) % grid_[2];
    const std::uint64_t y = (at[1] + grid_[1] + i / 3 % 3 - 1) % grid_[1];
    const std::uint64_t z = (at[2] + grid_[0] + i / 9 - 1) % grid_[0];
    if (solid_[(z * grid_[1] + y) * grid_[2] + x] != 0) return false;
  }
  return true;
}

void LatticeGeometry::find_bounces(std::uint64_t brick) {
  const auto x = static_cast<std::uint32_t>(brick % grid_[2] * 4);
  const auto y = static_cast<std::uint32_t>(brick / grid_[2] % grid_[1] * 4);
  const auto z = static_cast<std::uint32_t>(brick / (grid_[2] * grid_[1]) * 4);
  for (std::uint32_t number = 0; number < kBrickCells; ++number) {
    if ((solid_[brick] >> number & 1) != 0) continue;
    const Cells cell = {x + number % 4, y + number / 4 % 4, z + number / 16};
    for (int direction = 1; direction < kDirections; ++direction) {
      look_along(cell, static_cast<int>(number), direction);
    }
  }
}

void LatticeGeometry::look_along(const Cells& cell, int number, int direction) {
  Cells from{};
  int crossed = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    const std::int64_t at = std::int64_t{cell[k]} - kStep[direction][k];
    const bool below = at < 0, above = at >= std::int64_t{size_[k]};
    if (wall_[k] && (below || above)) crossed += kPower[k] * (below ? 1 : 2);
    from[k] = below ? size_[k] - 1 : above ? 0 : static_cast<std::uint32_t>(at);
  }
  if (crossed == 0 && !solid(from[0], from[1], from[2])) return;
  bounces_.push_back({static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(direction),
                      static_cast<std::uint16_t>(crossed == 0 ? 0 : direction * 27 + crossed)});
}

bool LatticeGeometry::solid(std::uint32_t x, std::uint32_t y, std::uint32_t z) const {
  const std::uint64_t brick = (z / 4 * grid_[1] + y / 4) * grid_[2] + x / 4;
  return (solid_[brick] >> ((z % 4 * 4 + y % 4) * 4 + x % 4) & 1) != 0;
}

BrickLinks LatticeGeometry::links(std::uint64_t brick) const {
  return {solid_[brick], bounces_.data() + first_[brick], first_[brick + 1] - first_[brick]};
}

}  // namespace assay::compute::simulate
