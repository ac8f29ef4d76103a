#include "core/compute/simulate/lattice_parameters.h"

#include <algorithm>

#include "core/compute/program.h"
#include "core/wire/text.h"

namespace assay::compute::simulate {
namespace {

constexpr std::uint32_t kSideMax = 4096;
constexpr std::int64_t kSpeedMax = 200000, kForceMax = 1000000, kNoiseMax = 100000;
constexpr std::int64_t kHalfCellsMax = 1 << 20;
constexpr std::size_t kObstaclesMax = 64;

constexpr std::string_view kAxes[] = {"x", "y", "z"};
constexpr std::string_view kFaces[] = {"x-", "x+", "y-", "y+", "z-", "z+"};
constexpr std::string_view kWalls[] = {"periodic", "wall"};
constexpr std::string_view kStarts[] = {"rest", "stream", "shear", "vortices"};
constexpr std::string_view kShows[] = {"speed", "vorticity", "current"};

std::string item_name(std::string_view list, std::size_t i) {
  return "parameters: " + std::string(list) + "[" + std::to_string(i) + "]";
}

void read_size(wire::Fields& in, LatticeParameters& out) {
  const std::vector<std::int64_t> size = read_integers(in, "size", 3, 4, kSideMax);
  for (std::size_t i = 0; i < 3; ++i) {
    out.size[i] = static_cast<std::uint32_t>(size[i]);
    if (out.size[i] % 4 != 0) {
      in.note("size", std::to_string(size[i]) + " is not a multiple of 4, the side of a brick");
    }
  }
}

void read_walls(wire::Fields& in, LatticeParameters& out) {
  if (!in.has("walls")) return;
  const wire::Json::Array& walls = in.array("walls", 3);
  if (walls.size() != 3) return in.note("walls", "must be 3 words, of the axes x, y and z");
  for (std::size_t i = 0; i < 3; ++i) {
    const bool text = walls[i].is_string();
    const std::string word = text ? walls[i].as_string() : std::string();
    if (word != kWalls[0] && word != kWalls[1]) {
      return in.note("walls", walls[i].dump() + " is not one of periodic, wall");
    }
    out.wall[i] = word == kWalls[1];
  }
}

Status read_lids(wire::Fields& in, LatticeParameters& out) {
  if (!in.has("lids")) return {};
  const wire::Json::Array& lids = in.array("lids", 6);
  for (std::size_t i = 0; i < lids.size(); ++i) {
    wire::Fields item(lids[i], item_name("lids", i));
    if (!item.ok()) return item.close();
    Lid lid;
    const std::size_t face = read_word(item, "face", kFaces);
    lid.axis = static_cast<int>(face / 2);
    lid.upper = face % 2 == 1;
    const auto velocity = read_integers(item, "velocity_millionths", 3, -kSpeedMax, kSpeedMax);
    for (std::size_t k = 0; k < 3; ++k) {
      lid.velocity_millionths[k] = static_cast<std::int32_t>(velocity[k]);
    }
    if (!out.wall[lid.axis]) item.note("face", "its axis is periodic: only a wall can move");
    if (lid.velocity_millionths[lid.axis] != 0) {
      item.note("velocity_millionths",
                "must be 0 across the wall, which can only move along itself");
    }
    for (const Lid& other : out.lids) {
      if (other.axis == lid.axis && other.upper == lid.upper) item.note("face", "moves twice");
    }
    const Status status = item.close();
    if (!status.ok()) return status;
    out.lids.push_back(lid);
  }
  return {};
}

Status read_obstacles(wire::Fields& in, LatticeParameters& out) {
  if (!in.has("obstacles")) return {};
  const wire::Json::Array& obstacles = in.array("obstacles", kObstaclesMax);
  for (std::size_t i = 0; i < obstacles.size(); ++i) {
    wire::Fields item(obstacles[i], item_name("obstacles", i));
    if (!item.ok()) return item.close();
    Obstacle obstacle;
    std::vector<std::int64_t> numbers;
    if (item.has("box")) {
      obstacle.kind = Obstacle::Kind::box;
      numbers = read_integers(item, "box", 6, -kHalfCellsMax, kHalfCellsMax);
    } else if (item.has("cylinder")) {
      obstacle.kind = Obstacle::Kind::cylinder;
      numbers = read_integers(item, "cylinder", 4, -kHalfCellsMax, kHalfCellsMax);
      obstacle.axis = static_cast<int>(read_word(item, "axis", kAxes));
    } else {
      numbers = read_integers(item, "sphere", 4, -kHalfCellsMax, kHalfCellsMax);
    }
    if (numbers.size() == 4 && numbers[3] < 0) item.note("radius", "must not be negative");
    std::ranges::copy(numbers, obstacle.numbers.begin());
    const Status status = item.close();
    if (!status.ok()) return status;
    out.obstacles.push_back(obstacle);
  }
  return {};
}

void read_start(wire::Fields& in, LatticeParameters& out) {
  if (in.has("start")) out.start = static_cast<LatticeStart>(read_word(in, "start", kStarts));
  if (out.start != LatticeStart::rest) {
    out.speed_millionths =
        static_cast<std::uint32_t>(read_integer(in, "speed_millionths", 0, kSpeedMax));
  }
  if (in.has("noise_millionths")) {
    out.noise_millionths =
        static_cast<std::uint32_t>(read_integer(in, "noise_millionths", 0, kNoiseMax));
  }
}

Status read_picture(wire::Fields& in, LatticeParameters& out) {
  out.picture.at = out.size[2] / 2;
  if (!in.has("picture")) return {};
  wire::Fields picture(in.value("picture"), "parameters: picture");
  if (!picture.ok()) return picture.close();
  out.picture.show = static_cast<Show>(read_word(picture, "show", kShows));
  out.picture.axis = static_cast<int>(read_word(picture, "axis", kAxes));
  const std::uint32_t side = out.size[static_cast<std::size_t>(out.picture.axis)];
  out.picture.at = picture.u32("at", 0, side == 0 ? 0 : side - 1);
  return picture.close();
}

}  // namespace

std::int64_t read_integer(wire::Fields& in, std::string_view key, std::int64_t min,
                          std::int64_t max) {
  const wire::Json& value = in.value(key);
  if (!in.ok()) return min;
  const std::optional<std::int64_t> number = value.is_integer() ? value.as_i64() : std::nullopt;
  if (number && *number >= min && *number <= max) return *number;
  in.note(key, value.dump() + " is not an integer in " + std::to_string(min) + ".." +
                   std::to_string(max));
  return min;
}

std::vector<std::int64_t> read_integers(wire::Fields& in, std::string_view key, std::size_t count,
                                        std::int64_t min, std::int64_t max) {
  std::vector<std::int64_t> out(count);
  const wire::Json::Array& items = in.array(key, count);
  if (!in.ok()) return out;
  bool right = items.size() == count;
  for (std::size_t i = 0; right && i < count; ++i) {
    const std::optional<std::int64_t> number =
        items[i].is_integer() ? items[i].as_i64() : std::nullopt;
    right = number && *number >= min && *number <= max;
    if (right) out[i] = *number;
  }
  if (right) return out;
  in.note(key, "must be " + std::to_string(count) + " integers in " + std::to_string(min) + ".." +
                   std::to_string(max));
  return std::vector<std::int64_t>(count);
}

std::size_t read_word(wire::Fields& in, std::string_view key,
                      std::span<const std::string_view> words) {
  const std::string word = in.text(key);
  const auto at = std::ranges::find(words, word);
  if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
  std::string list;
  for (const std::string_view known : words) {
    list += (list.empty() ? "" : ", ") + std::string(known);
  }
  in.note(key, wire::quoted(word) + " is not one of " + list);
  return 0;
}

Result<LatticeParameters> parse_lattice_parameters(const wire::Json& parameters) {
  wire::Fields in(parameters, "parameters");
  LatticeParameters out;
  constexpr std::string_view kSystem[] = {"lattice"};
  read_word(in, "system", kSystem);
  read_size(in, out);
  out.steps = in.u32("steps", 1, kStepsMax);
  if (in.has("steps_per_commit")) {
    out.steps_per_commit = in.u32("steps_per_commit", 1, kStepsPerCommitMax);
  }
  out.viscosity_millionths = in.u32("viscosity_millionths", 100, 1000000);
  read_walls(in, out);
  if (const Status lids = read_lids(in, out); !lids.ok()) return lids.error();
  if (in.has("force_billionths")) {
    const auto force = read_integers(in, "force_billionths", 3, -kForceMax, kForceMax);
    for (std::size_t i = 0; i < 3; ++i) {
      out.force_billionths[i] = static_cast<std::int32_t>(force[i]);
    }
  }
  if (const Status obstacles = read_obstacles(in, out); !obstacles.ok()) return obstacles.error();
  read_start(in, out);
  if (const Status picture = read_picture(in, out); !picture.ok()) return picture.error();
  const Status status = in.close();
  if (!status.ok()) return status.error();
  return out;
}

}  // namespace assay::compute::simulate
