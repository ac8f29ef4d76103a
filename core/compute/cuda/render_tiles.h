// Tiles of a render job (core/compute/render/render.h) on one device: the scene is uploaded once.
// One thread. Every error is `inconclusive`. Links nothing of the program but the tracer.
#pragma once

#include "core/compute/cuda/device.h"
#include "core/compute/render/job.h"

namespace assay::compute::cuda {

class RenderTiles {
 public:
  // Borrows the device.
  static Result<std::unique_ptr<RenderTiles>> open(const Device& device, const render::World& world,
                                                   const render::Picture& picture, PhiloxKey key);

  // The film of tile number `step`, 1..count, no larger than kTileSide each way: s64 [height,
  // width, 3], little-endian.
  Result<Bytes> tile(std::uint32_t step, const render::Tile& tile) const;

 private:
  RenderTiles(const Device& device, const render::Picture& picture, PhiloxKey key)
      : device_(device), picture_(picture), key_(key) {}
  Status upload_world(const render::World& world);
  // Uploads an array and gives the pointer to it as the device sees it.
  template <class T>
  Status upload(const std::vector<T>& from, const T*& to);

  const Device& device_;
  const render::Picture picture_;
  const PhiloxKey key_;
  render::WorldView world_;
  std::vector<Buffer> arrays_;
  Buffer film_;
};

}  // namespace assay::compute::cuda
