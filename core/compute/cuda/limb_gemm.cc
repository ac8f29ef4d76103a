#include "core/compute/cuda/limb_gemm.h"

namespace assay::compute::cuda {
namespace {

constexpr std::uint64_t kRowAlignment = 16;

}  // namespace

void LimbRows::shape(const DeviceRows& rows) {
  ASSAY_CHECK(rows.rows >= 1 && rows.width >= 1 && (rows.limbs == 1 || rows.limbs == 2),
              "limb gemm: rows of one limb or two");
  scale_ = rows.scale;
  rows_ = rows.rows;
  width_ = rows.width;
  ld_ = (rows.width + kRowAlignment - 1) / kRowAlignment * kRowAlignment;
}

Status LimbRows::fill(const Device& device, const DeviceRows& rows) {
  const bool both = rows.limbs == 2;
  Status status = device.grow(high_, rows_ * ld_);
  if (status.ok() && both) status = device.grow(low_, rows_ * ld_);
  if (!status.ok()) return status.error().in("limb gemm");
  high_at_ = high_.at();
  low_at_ = both ? low_.at() : 0;
  if (both) {
    const SplitArgs args{rows.q, high_at_, low_at_, rows_, width_, ld_};
    status = device.call(&ModuleTable::split_rows, &args);
  } else {
    status = device.call(&ModuleTable::pack_rows, rows.q, high_at_, rows_, width_, ld_);
  }
  return status.ok() ? status : status.error().in("limb gemm");
}

Result<LimbRows> LimbRows::pack(const Device& device, const DeviceRows& rows) {
  LimbRows out;
  out.shape(rows);
  const Status filled = out.fill(device, rows);
  if (!filled.ok()) return filled.error();
  return out;
}

Result<LimbRows> LimbRows::upload(const Device& device, const std::int8_t* host, std::uint64_t rows,
                                  std::uint64_t width, DevicePtr scale) {
  Result<Buffer> dense = device.allocate_copy(host, rows * width);
  if (!dense.ok()) return dense.error().in("limb gemm");
  const DeviceRows all{dense.value().at(), scale, rows, width, 1};
  LimbRows out;
  out.shape(all);
  if (out.ld_ == width) {
    out.high_ = std::move(dense).value();
    out.high_at_ = out.high_.at();
    return out;
  }
  const Status filled = out.fill(device, all);
  if (!filled.ok()) return filled.error();
  return out;
}

Status LimbRows::take(const Device& device, const DeviceRows& rows) {
  shape(rows);
  if (rows.limbs == 2 || ld_ != width_ || rows.q % kRowAlignment != 0) return fill(device, rows);
  high_at_ = rows.q;
  low_at_ = 0;
  return {};
}

Status LimbGemm::product(const LimbRows& a, DevicePtr a_limb, const LimbRows& b, DevicePtr b_limb,
                         Buffer& sums) {
  const Status room = device_.grow(sums, a.rows_ * b.rows_ * sizeof(std::int32_t));
  if (!room.ok()) return room;
  const Igemm8Args args{kIgemm8Automatic, a_limb,   b_limb, sums.at(), a.rows_,
                        b.rows_,          a.width_, a.ld_,  b.ld_,     b.rows_};
  return device_.call(&ModuleTable::igemm8, &args);
}

Status LimbGemm::multiply(const LimbRows& a, const LimbRows& b, DevicePtr bias, DevicePtr y) {
  ASSAY_CHECK(a.width_ == b.width_ && b.limbs() <= a.limbs(), "limb gemm: A (M, K), B (N, K)");
  Status status = product(a, a.high_at_, b, b.high_at_, sums_[0]);
  // A16W8 has low(a) * b; A16W16 has high(a) * low(b) and low(a) * high(b).
  if (status.ok() && b.limbs() == 2) status = product(a, a.high_at_, b, b.low_at_, sums_[2]);
  if (status.ok() && a.limbs() == 2) status = product(a, a.low_at_, b, b.high_at_, sums_[1]);
  if (!status.ok()) return status.error().in("limb gemm");
  const DequantizeArgs combine{sums_[0].at(),
                               a.limbs() == 2 ? sums_[1].at() : 0,
                               b.limbs() == 2 ? sums_[2].at() : 0,
                               a.scale_,
                               b.scale_,
                               bias,
                               y,
                               a.rows_,
                               b.rows_};
  return device_.call(&ModuleTable::dequantize, &combine);
}

}  // namespace assay::compute::cuda
