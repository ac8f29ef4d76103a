// The linear layers of core/compute/rx1/limb_gemm.h on one device, on its IGEMM8 kernels: one to
// three products and a combine. Equal bit for bit: the products are exact integers, and the combine
// is the definition's own functions. Enqueues; one thread. Every error is `inconclusive`.
#pragma once

#include "core/compute/cuda/device.h"

namespace assay::compute::cuda {

// Quantised rows on the device, dense, as ModuleTable::quantize makes them. Borrows.
struct DeviceRows {
  DevicePtr q;      // s8, or s16 of two limbs (rows, width)
  DevicePtr scale;  // f32 (rows)
  std::uint64_t rows, width;
  std::uint32_t limbs;  // 1: q is s8; 2: s16
};

// Rows as the products take them: each limb by itself, rows padded with zeros. Made once for
// weights, which serve many products. Owns the limbs, borrows the scales and the device.
class LimbRows {
 public:
  static Result<LimbRows> pack(const Device& device, const DeviceRows& rows);
  // s8 rows of the host's, dense; the caller synchronises before they go.
  static Result<LimbRows> upload(const Device& device, const std::int8_t* host, std::uint64_t rows,
                                 std::uint64_t width, DevicePtr scale);
  // Other rows, in the memory of those before, as far as it serves; where rows can be used as they
  // lie, they are borrowed.
  Status take(const Device& device, const DeviceRows& rows);

  std::uint32_t limbs() const { return low_at_ == 0 ? 1 : 2; }

 private:
  friend class LimbGemm;
  void shape(const DeviceRows& rows);
  Status fill(const Device& device, const DeviceRows& rows);

  Buffer high_, low_;                   // s8 (rows, ld)
  DevicePtr high_at_ = 0, low_at_ = 0;  // theirs, or borrowed
  DevicePtr scale_ = 0;
  std::uint64_t rows_ = 0, width_ = 0, ld_ = 0;
};

class LimbGemm {
 public:
  // Borrows the device.
  explicit LimbGemm(const Device& device) : device_(device) {}

  // y (M, N) f32 = A (M, K) · B (N, K)^T; bias f32 (N), or 0 for none. A8W8, A16W8 or A16W16: B has
  // no more limbs than A, and the same K, at most cpu::kDotMax.
  Status multiply(const LimbRows& a, const LimbRows& b, DevicePtr bias, DevicePtr y);

 private:
  Status product(const LimbRows& a, DevicePtr a_limb, const LimbRows& b, DevicePtr b_limb,
                 Buffer& sums);

  const Device& device_;
  Buffer sums_[3];  // s32 (M, N) of the high limbs, of high and low, of low and high
};

}  // namespace assay::compute::cuda
