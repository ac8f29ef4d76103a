#include "core/compute/cuda/limb_gemm.h"

namespace assay::compute::cuda {

Result<LimbRows> LimbRows::pack(const Device& device, const DeviceRows& rows) {
  ASSAY_CHECK(rows.rows >= 1 && rows.width >= 1 && (rows.limbs == 1 || rows.limbs == 2),
              "limb gemm: rows of one limb or two");
  constexpr std::uint64_t kRowAlignment = 16;
  LimbRows out;
  out.scale_ = rows.scale;
  out.rows_ = rows.rows;
  out.width_ = rows.width;
  out.ld_ = (rows.width + kRowAlignment - 1) / kRowAlignment * kRowAlignment;
  for (Buffer* limb : {&out.high_, &out.low_}) {
    if (limb == &out.low_ && rows.limbs == 1) break;
    Result<Buffer> got = device.allocate(out.rows_ * out.ld_);
    if (!got.ok()) return got.error().in("limb gemm");
    *limb = std::move(got).value();
  }
  Status packed;
  if (rows.limbs == 1) {
    packed = device.call(&ModuleTable::pack_rows, rows.q, out.high_.at(), out.rows_, out.width_,
                         out.ld_);
  } else {
    const SplitArgs args{rows.q, out.high_.at(), out.low_.at(), out.rows_, out.width_, out.ld_};
    packed = device.call(&ModuleTable::split_rows, &args);
  }
  if (!packed.ok()) return packed.error().in("limb gemm");
  return out;
}

Status LimbGemm::product(const LimbRows& a, const Buffer& a_limb, const LimbRows& b,
                         const Buffer& b_limb, Buffer& sums) {
  const std::uint64_t bytes = a.rows_ * b.rows_ * sizeof(std::int32_t);
  if (sums.bytes() < bytes) {
    sums = Buffer();  // before there are two
    Result<Buffer> got = device_.allocate(bytes);
    if (!got.ok()) return got.error();
    sums = std::move(got).value();
  }
  const Igemm8Args args{kIgemm8Automatic, a_limb.at(), b_limb.at(), sums.at(), a.rows_,
                        b.rows_,          a.width_,    a.ld_,       b.ld_,     b.rows_};
  return device_.call(&ModuleTable::igemm8, &args);
}

Status LimbGemm::multiply(const LimbRows& a, const LimbRows& b, DevicePtr bias, DevicePtr y) {
  ASSAY_CHECK(a.width_ == b.width_ && b.limbs() <= a.limbs(), "limb gemm: A (M, K), B (N, K)");
  Status status = product(a, a.high_, b, b.high_, sums_[0]);
  // A16W8 has low(a) * b; A16W16 has high(a) * low(b) and low(a) * high(b).
  if (status.ok() && b.limbs() == 2) status = product(a, a.high_, b, b.low_, sums_[2]);
  if (status.ok() && a.limbs() == 2) status = product(a, a.low_, b, b.high_, sums_[1]);
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
