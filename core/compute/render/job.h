// A render order taken apart and checked: the scene, the size of the picture, its tiles, and what
// it costs. Immutable once loaded; const functions on any thread.
#pragma once

#include "core/compute/program.h"
#include "core/compute/render/trace.h"

namespace assay::compute::render {

// Pixels [x, x + width) by [y, y + height) of the picture.
struct Tile {
  std::uint32_t x = 0, y = 0, width = 0, height = 0;
  std::uint64_t pixels() const { return std::uint64_t{width} * height; }
};

// The tiles of a picture, row by row; `step` is 1..count.
std::uint32_t tile_count(const Picture& picture);
Tile tile_at(const Picture& picture, std::uint32_t step);

struct Job {
  World world;
  Picture picture;
  PhiloxKey key{};
  Digest start;  // of the start state: render.h

  Path path(const Intersector& ask, std::uint32_t step, std::uint32_t x, std::uint32_t y,
            std::uint32_t sample) const;
};

//   malformed, no_evidence: as load_render()
Result<Job> load_job(const wire::WorkloadSpec& spec, const InputSource& inputs);

// Operations, as the caps count them, by a few paths of every tile with the scalar code: a scene
// can be made as dear as its author likes, and only tracing it shows. Stops as soon as a cap is
// passed, so that it is short whatever the scene.
struct Cost {
  std::uint64_t dearest_tile = 0;
  std::uint64_t all_tiles = 0;
  bool within(const Caps& caps) const {
    return dearest_tile <= caps.step_ops_max && all_tiles <= caps.job_ops_max;
  }
};
Cost probe_cost(const Job& job, const Caps& caps);

}  // namespace assay::compute::render
