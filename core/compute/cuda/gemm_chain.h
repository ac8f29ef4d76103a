// A gemm chain (core/compute/gemm/gemm.h) on one device: X stays there, weights are made there by
// Philox or uploaded once, and a state is hashed while the next step runs. One thread. Every error
// is `inconclusive`. Needs nothing of the program but these headers, so that tests/gpu builds it
// without the program's libraries.
#pragma once

#include <span>

#include "core/compute/cuda/device.h"
#include "core/compute/philox.h"

namespace assay::compute::cuda {

// What a chain is made of; borrows the matrices.
struct GemmWork {
  std::uint64_t rows = 0, cols = 0;
  std::uint32_t gemms_per_step = 1;
  // W_j is weights[j mod their number], cols x cols; none: the stream {key, 1, j}.
  std::vector<const std::int8_t*> weights;
  PhiloxKey key{};
  // Their column scales: as many as weights, or the one set of the generated ones.
  std::vector<std::span<const float>> scales;
};

class GemmChain {
 public:
  // Borrows the device.
  static Result<std::unique_ptr<GemmChain>> open(const Device& device, GemmWork work);

  // Makes a state the current one: q s8 [rows, cols] and scale s32 [rows, 2], as committed. Its
  // values are the caller's to have checked.
  Status load(ByteView q, ByteView scale);
  // Enqueues step `step`, 1..N: from state step-1, which is current, to state `step`.
  Status advance(std::uint32_t step);
  // Waits, and copies the current state.
  Status store(std::span<std::uint8_t> q, std::span<std::uint8_t> scale) const;

  // The digest of the state that is current now, while what comes next runs: begin_digest(),
  // advance(), end_digest(). One at a time.
  Status begin_digest();
  Result<Digest> end_digest();

 private:
  // Two of each: a GEMM reads one and writes the other.
  struct Side {
    Buffer q;      // dense [rows, cols]
    Buffer scale;  // [rows, 2]
  };

  GemmChain(const Device& device, GemmWork work) : device_(device), work_(std::move(work)) {}
  Status reserve();
  Status upload_weights();
  Status multiply(std::uint32_t j);
  Result<DevicePtr> weights(std::uint32_t j);

  const Device& device_;
  const GemmWork work_;
  std::uint64_t ld_ = 0;  // cols, up to the next multiple of 16
  Side side_[2];
  int current_ = 0;
  int hashed_ = -1;               // the side that a hash may still be reading
  Buffer padded_;                 // X in rows of ld_, where ld_ > cols
  Buffer acc_;                    // s32 [rows, cols]
  Buffer made_;                   // the generated W_j
  std::vector<Buffer> uploaded_;  // the loaded ones
  std::vector<Buffer> scales_;    // column scales, one set per weight; one in all when generated
};

}  // namespace assay::compute::cuda
