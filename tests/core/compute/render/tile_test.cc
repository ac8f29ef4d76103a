// The bits of whole tiles: the same at every level and with any number of threads, and the same as
// when this file was written.
#include <fstream>

#include "core/compute/render/film.h"
#include "core/compute/render/trace.h"
#include "tests/catch.h"
#include "tests/core/compute/levels.h"
#include "tests/core/compute/render/random_scene.h"

namespace assay::compute::render {
namespace {

struct SmallTile {
  std::vector<std::int64_t> film;
  std::uint64_t visits = 0;
  bool operator==(const SmallTile&) const = default;
};

SmallTile render_tile(const World& world, const Picture& picture, CpuLevel level, PhiloxKey key) {
  const Intersector ask = intersector(level);
  SmallTile tile;
  for (std::uint32_t y = 0; y < picture.height; ++y) {
    for (std::uint32_t x = 0; x < picture.width; ++x) {
      PathRandom random(key, 1, y * picture.width + x, 0);
      const Path path = trace_path(world, ask, picture, x, y, random);
      tile.film.push_back(film_value(path.radiance.x));
      tile.film.push_back(film_value(path.radiance.y));
      tile.film.push_back(film_value(path.radiance.z));
      tile.visits += path.visits;
    }
  }
  return tile;
}

TEST_CASE("ten thousand random tiles have the same bits at every level") {
  std::uint64_t lit = 0;
  for (std::uint64_t seed = 0; seed < 10000; ++seed) {
    const World world = build_world(test::random_scene(seed, 30));
    const Picture picture{4, 4, 1, 6};
    const PhiloxKey key{static_cast<std::uint32_t>(seed), 9};
    const SmallTile wanted = render_tile(world, picture, CpuLevel::scalar, key);
    for (const CpuLevel level : {CpuLevel::avx2}) {
      if (!cpu_level_supported(level)) continue;
      if (render_tile(world, picture, level, key) != wanted) {
        FAIL("scene " << seed << " differs at " << cpu_level_name(level));
      }
    }
    for (const std::int64_t value : wanted.film) {
      REQUIRE((value >= 0 && value <= std::int64_t{16} << kFilmBits));
      lit += value > 0;
    }
  }
  CHECK(lit > 100000);
}

}  // namespace
}  // namespace assay::compute::render
