// Scenes out of a seed, friendly and hostile ones, for tests that compare two ways to the same
// answer. Pure; any thread.
#pragma once

#include <random>

#include "core/compute/render/trace.h"

namespace assay::test {

// std::mt19937_64 is specified to the bit; the library's distributions are not, so none is used.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t count) { return engine_() % count; }
  float between(float low, float high) {
    return low + (high - low) * (static_cast<float>(engine_() >> 40) * 0x1p-24F);
  }
  compute::render::Vec3 vector(float reach) {
    const float x = between(-reach, reach);
    const float y = between(-reach, reach);
    const float z = between(-reach, reach);
    return {x, y, z};
  }

 private:
  std::mt19937_64 engine_;
};

// Up to `most` spheres and as many flats of every material. Every third scene is degenerate in some
// way: all in one place, on a grid of whole numbers, needles, giants beside specks, far away.
compute::render::Scene random_scene(std::uint64_t seed, std::size_t most);

// A ray near the scene's things; some along an axis, some from a corner of a box or on a surface.
compute::render::Ray random_ray(const compute::render::Scene& scene, Dice& dice);

}  // namespace assay::test
