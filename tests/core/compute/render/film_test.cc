#include "core/compute/render/film.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/compute/render/path_random.h"
#include "core/compute/render/trig.h"
#include "tests/catch.h"

namespace assay::compute::render {
namespace {

TEST_CASE("radiance is put on film to the nearest 2^-20, ties to even") {
  struct Case {
    float radiance;
    std::int64_t film;
  };
  const Case cases[] = {
      {0, 0},
      {1, 1 << 20},
      {16, 16 << 20},
      {0x1p-20F, 1},
      {0x0.8p-20F, 0},       // a half: to even
      {0x1.8p-20F, 2},       // one and a half
      {0x2.8p-20F, 2},       // two and a half
      {0x0.800001p-20F, 1},  // just above a half
      {0x7.ffffffp0F, 8 << 20},
      {0xf.fffffp0F, (16 << 20) - 1},
      {1e-38F, 0},
  };
  for (const Case& c : cases) {
    INFO(c.radiance);
    CHECK(film_value(c.radiance) == c.film);
  }
}

TEST_CASE("developing is monotone, keeps black and white, and takes any film") {
  std::vector<std::int64_t> film;
  for (std::int64_t i = 0; i <= 400; ++i) film.push_back(i * (4 << kFilmBits) / 10);
  const Bytes shades = develop(film, 4);
  CHECK(shades.front() == 0);
  CHECK(shades.back() == 255);
  CHECK(std::is_sorted(shades.begin(), shades.end()));
  const std::int64_t hostile[] = {std::numeric_limits<std::int64_t>::min(), -1,
                                  std::numeric_limits<std::int64_t>::max()};
  CHECK(develop(hostile, 1) == Bytes{0, 0, 255});
}

TEST_CASE("a picture file is a PNG of its size") {
  const Bytes rgb(7 * 5 * 3, 200);
  const Result<Bytes> png = write_png(rgb, 7, 5);
  REQUIRE(png.ok());
  const Bytes head = {0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I',
                      'H',  'D', 'R', 0,   0,  0,  7,  0,  0, 0, 5, 8,  2};
  REQUIRE(png.value().size() > head.size());
  CHECK(std::equal(head.begin(), head.end(), png.value().begin()));
}

TEST_CASE("sines and cosines of degrees are right to 1e-12") {
  for (int i = -3600; i <= 3600; ++i) {
    const double degrees = i / 10.0;
    const double radians = degrees * 3.14159265358979323846 / 180;
    const SinCos found = sin_cos_degrees(degrees);
    if (!(std::fabs(found.sin - std::sin(radians)) < 1e-12)) FAIL("sine of " << degrees);
    if (!(std::fabs(found.cos - std::cos(radians)) < 1e-12)) FAIL("cosine of " << degrees);
  }
}

TEST_CASE("a path draws the words of its Philox blocks in order") {
  const PhiloxKey key{0x01234567, 0x89abcdef};
  PathRandom random(key, 5, 1000, 77);
  for (std::uint32_t n = 0; n < 3; ++n) {
    const PhiloxBlock block = philox4x32_10({1000U << 16 | 77, 0, n, 5}, key);
    for (const std::uint32_t word : block) CHECK(random.word() == word);
  }
  PathRandom far(key, 5, std::uint64_t{8192} * 8192 - 1, 65535);
  CHECK(far.word() == philox4x32_10({0xFFFFFFFF, (1U << 10) - 1, 0, 5}, key)[0]);
}

TEST_CASE("random numbers lie where they should and centre where they should") {
  PathRandom random({1, 2}, 1, 0, 0);
  double unit = 0, disc_x = 0, disc_square = 0, ball_z = 0;
  constexpr int kDraws = 40000;
  for (int i = 0; i < kDraws; ++i) {
    const float u = random.unit();
    REQUIRE((u >= 0 && u < 1));
    const PathRandom::Disc disc = random.disc();
    REQUIRE((disc.square > 0 && disc.square < 1));
    const Vec3 ball = random.ball();
    REQUIRE(dot(ball, ball) < 1);
    unit += double{u};
    disc_x += double{disc.x};
    disc_square += double{disc.square};
    ball_z += double{ball.z};
  }
  // Five standard deviations of each mean; the draws are fixed, so this never flickers.
  CHECK(std::fabs(unit / kDraws - 0.5) < 0.0073);
  CHECK(std::fabs(disc_x / kDraws) < 0.0125);
  CHECK(std::fabs(disc_square / kDraws - 0.5) < 0.0073);
  CHECK(std::fabs(ball_z / kDraws) < 0.0112);
}

}  // namespace
}  // namespace assay::compute::render
