// A scene ready for tracing, as pointers: what a path reads, wherever it lies. The CPU's paths read
// a World (trace.h) through it, the CUDA kernel reads device memory. Borrows; immutable.
#pragma once

#include "core/compute/render/accel.h"

namespace assay::compute::render {

// An emissive primitive, and how likely it is to be asked: up to kWeighedLights in proportion to
// power / distance^2 from where the light is wanted; more of them half in proportion to power and
// half evenly.
inline constexpr std::size_t kWeighedLights = 16;
struct Light {
  std::uint32_t id = 0;
  std::uint64_t upto = 0;  // chosen by a random word w with (the light before).upto <= w < upto
  float share = 0;         // the chance of that
  float area = 0;          // of a flat
  float power = 0;
  float near2 = 0;  // no distance^2 counts as less
  Vec3 middle;
};

struct WorldView {
  Camera camera;
  Vec3 horizon, zenith;
  const Material* materials = nullptr;
  const Sphere* spheres = nullptr;
  std::uint32_t sphere_count = 0;
  std::uint32_t light_count = 0;
  const Flat* flats = nullptr;
  const std::array<Vec3, 3>* normals = nullptr;
  const Light* lights = nullptr;
  AccelView accel;
};

}  // namespace assay::compute::render
