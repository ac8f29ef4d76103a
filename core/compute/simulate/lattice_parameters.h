// What an order says about a lattice. Values and pure functions; any thread.
//
// {"system": "lattice",
//  "size": [x, y, z]                  cells; multiples of 4, 4..4096 each
//  "steps": 1..4096                   commits
//  "steps_per_commit": 1..64 = 48     time steps in each
//  "viscosity_millionths": 100..1000000
//  "walls": ["periodic" | "wall", …]  of the axes x, y, z = all periodic
//  "lids": [{"face": "x-" … "z+", "velocity_millionths": [x, y, z]}, …] = none; a wall's own motion
//                                     along itself, at most 200000 in each direction
//  "force_billionths": [x, y, z]      momentum added to each cell in each time step, at most 10^6
//                                     = [0, 0, 0]
//  "obstacles": [{"sphere": [x, y, z, radius]} |
//                {"cylinder": [x, y, z, radius], "axis": "x" | "y" | "z"} |
//                {"box": [x, y, z, x', y', z']}, …] = none, at most 64; in half cells, so that cell
//                                     (i, j, k) has its centre at (2i+1, 2j+1, 2k+1); what lies on
//                                     the surface is solid
//  "start": "rest" | "stream" | "shear" | "vortices" = "rest", with
//  "speed_millionths": 0..200000      of all but "rest", and of nothing else
//  "noise_millionths": 0..100000 = 0  and of each cell at most so much more in each direction
//  "picture": {"show": "speed" | "vorticity" | "current", "axis": "x" | "y" | "z", "at": cell}
//                                     = speed, z, the middle; for artefact() alone
// Input: none, or "mask": a .npy array |i1 [z, y, x]; what is not 0 is solid besides the obstacles.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/wire/json.h"

namespace assay::compute::simulate {

using Cells = std::array<std::uint32_t, 3>;  // {x, y, z}

inline constexpr std::uint32_t kStepsPerCommitMax = 64, kStepsPerCommit = 48;

struct Lid {
  int axis = 0;
  bool upper = false;
  std::int32_t velocity_millionths[3]{};
};

struct Obstacle {
  enum class Kind { sphere, cylinder, box } kind = Kind::sphere;
  int axis = 0;                           // of a cylinder
  std::array<std::int64_t, 6> numbers{};  // half cells
};

enum class LatticeStart { rest, stream, shear, vortices };
enum class Show { speed, vorticity, current };

struct PictureOf {
  Show show = Show::speed;
  int axis = 2;
  std::uint32_t at = 0;
};

struct LatticeParameters {
  Cells size{};
  std::uint32_t steps = 0;
  std::uint32_t steps_per_commit = kStepsPerCommit;
  std::uint32_t viscosity_millionths = 0;
  bool wall[3]{};
  std::vector<Lid> lids;
  std::int32_t force_billionths[3]{};
  std::vector<Obstacle> obstacles;
  LatticeStart start = LatticeStart::rest;
  std::uint32_t speed_millionths = 0;
  std::uint32_t noise_millionths = 0;
  PictureOf picture;

  std::uint64_t cells() const { return std::uint64_t{size[0]} * size[1] * size[2]; }
  std::array<std::uint64_t, 3> grid() const {  // bricks {z, y, x}
    return {size[2] / 4, size[1] / 4, size[0] / 4};
  }
  std::uint64_t bricks() const { return cells() / 64; }
};

//   malformed    not the schema: which member, and what it may be
Result<LatticeParameters> parse_lattice_parameters(const wire::Json& parameters);

// Members of orders that json.h has no reader for; a wrong one is noted in `in`.
// An integer in min..max.
std::int64_t read_integer(wire::Fields& in, std::string_view key, std::int64_t min,
                          std::int64_t max);
// `count` integers in min..max; zeros when they are not.
std::vector<std::int64_t> read_integers(wire::Fields& in, std::string_view key, std::size_t count,
                                        std::int64_t min, std::int64_t max);
// Which of the words it is; 0 when none.
std::size_t read_word(wire::Fields& in, std::string_view key,
                      std::span<const std::string_view> words);

}  // namespace assay::compute::simulate
