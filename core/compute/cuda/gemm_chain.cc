#include "core/compute/cuda/gemm_chain.h"

#include "core/compute/cuda/state_hash.h"

namespace assay::compute::cuda {
namespace {

constexpr std::uint64_t kRowAlignment = 16;
constexpr std::uint64_t kScaleBytes = 8;
constexpr std::uint32_t kTensorW = 1;  // gemm.h

std::uint64_t aligned(std::uint64_t cols) {
  return (cols + kRowAlignment - 1) / kRowAlignment * kRowAlignment;
}

}  // namespace

Result<std::unique_ptr<GemmChain>> GemmChain::open(const Device& device, GemmWork work) {
  std::unique_ptr<GemmChain> chain(new GemmChain(device, std::move(work)));
  chain->ld_ = aligned(chain->work_.cols);
  Status status = chain->reserve();
  if (status.ok()) status = chain->upload_weights();
  if (!status.ok()) return status.error().in("gemm");
  return chain;
}

Status GemmChain::reserve() {
  const std::uint64_t rows = work_.rows, cols = work_.cols;
  struct Wanted {
    Buffer* buffer;
    std::uint64_t bytes;
  };
  const bool pad = ld_ > cols;
  const Wanted wanted[] = {{&side_[0].q, rows * cols},
                           {&side_[1].q, rows * cols},
                           {&side_[0].scale, rows * kScaleBytes},
                           {&side_[1].scale, rows * kScaleBytes},
                           {&acc_, rows * cols * sizeof(std::int32_t)},
                           {&padded_, pad ? rows * ld_ : 0},
                           {&made_, work_.weights.empty() ? cols * ld_ : 0}};
  for (const Wanted& want : wanted) {
    if (want.bytes == 0) continue;
    Result<Buffer> got = device_.allocate(want.bytes);
    if (!got.ok()) return got.error();
    *want.buffer = std::move(got).value();
  }
  return {};
}

Status GemmChain::upload_weights() {
  const std::uint64_t cols = work_.cols;
  for (const std::span<const float> scales : work_.scales) {
    Result<Buffer> column = device_.allocate_copy(scales.data(), scales.size_bytes());
    if (!column.ok()) return column.error();
    scales_.push_back(std::move(column).value());
  }
  for (const std::int8_t* host : work_.weights) {
    Result<Buffer> dense = device_.allocate_copy(host, cols * cols);
    if (!dense.ok()) return dense.error();
    uploaded_.push_back(std::move(dense).value());
    if (ld_ == cols) continue;
    Result<Buffer> padded = device_.allocate(cols * ld_);
    if (!padded.ok()) return padded.error();
    const Status packed = device_.call(&ModuleTable::pack_rows, uploaded_.back().at(),
                                       padded.value().at(), cols, cols, ld_);
    if (!packed.ok()) return packed;
    uploaded_.back() = std::move(padded).value();
  }
  return device_.call(&ModuleTable::synchronize);  // what was borrowed may go
}

Status GemmChain::load(ByteView q, ByteView scale) {
  ASSAY_CHECK(q.size() == work_.rows * work_.cols && scale.size() == work_.rows * kScaleBytes,
              "a state of another shape");
  current_ = 0;
  hashed_ = -1;
  Status status =
      device_.call(&ModuleTable::upload, side_[0].q.at(), q.data(), std::uint64_t{q.size()});
  if (status.ok()) {
    status = device_.call(&ModuleTable::upload, side_[0].scale.at(), scale.data(),
                          std::uint64_t{scale.size()});
  }
  return status.ok() ? device_.call(&ModuleTable::synchronize) : status;
}

Status GemmChain::store(std::span<std::uint8_t> q, std::span<std::uint8_t> scale) const {
  ASSAY_CHECK(q.size() == work_.rows * work_.cols && scale.size() == work_.rows * kScaleBytes,
              "a state of another shape");
  const Side& side = side_[current_];
  const Status status =
      device_.call(&ModuleTable::download, q.data(), side.q.at(), std::uint64_t{q.size()});
  if (!status.ok()) return status;
  return device_.call(&ModuleTable::download, scale.data(), side.scale.at(),
                      std::uint64_t{scale.size()});
}

Result<DevicePtr> GemmChain::weights(std::uint32_t j) {
  if (!uploaded_.empty()) return uploaded_[j % uploaded_.size()].at();
  const PhiloxArgs args{
      {work_.key[0], work_.key[1]}, kTensorW, j, made_.at(), work_.cols, work_.cols, ld_};
  const Status made = device_.call(&ModuleTable::philox_s8, &args);
  if (!made.ok()) return made.error();
  return made_.at();
}

Status GemmChain::multiply(std::uint32_t j) {
  const std::uint64_t rows = work_.rows, cols = work_.cols;
  const int next = 1 - current_;
  const Result<DevicePtr> w = weights(j);
  if (!w.ok()) return w.error();
  DevicePtr x = side_[current_].q.at();
  Status status;
  if (ld_ > cols) {
    status = device_.call(&ModuleTable::pack_rows, x, padded_.at(), rows, cols, ld_);
    x = padded_.at();
  }
  const Igemm8Args product{
      kIgemm8Automatic, x, w.value(), acc_.at(), rows, cols, cols, ld_, ld_, cols};
  if (status.ok()) status = device_.call(&ModuleTable::igemm8, &product);
  if (status.ok() && hashed_ == next) {
    status = device_.call(&ModuleTable::hash_join);
    hashed_ = -1;
  }
  const RequantizeArgs epilogue{acc_.at(),
                                scales_[j % scales_.size()].at(),
                                side_[current_].scale.at(),
                                side_[next].scale.at(),
                                side_[next].q.at(),
                                rows,
                                cols,
                                cols,
                                cols};
  if (status.ok()) status = device_.call(&ModuleTable::requantize, &epilogue);
  current_ = next;
  return status;
}

Status GemmChain::advance(std::uint32_t step) {
  for (std::uint32_t r = 0; r < work_.gemms_per_step; ++r) {
    const std::uint32_t j = (step - 1) * work_.gemms_per_step + r;
    const Status status = multiply(j);
    if (!status.ok()) return status.error().in("gemm " + std::to_string(j));
  }
  return {};
}

Status GemmChain::begin_digest() {
  const std::uint64_t rows = work_.rows, cols = work_.cols;
  const Side& side = side_[current_];
  const HashTensor tensors[] = {hash_tensor(DType::s8, {rows, cols}, side.q.at()),
                                hash_tensor(DType::s32, {rows, 2}, side.scale.at())};
  hashed_ = current_;
  return device_.call(&ModuleTable::hash_begin, &tensors[0], std::uint32_t{2});
}

Result<Digest> GemmChain::end_digest() {
  Digest root;
  const Status status = device_.call(&ModuleTable::hash_end, root.bytes.data());
  if (!status.ok()) return status.error();
  return root;
}

}  // namespace assay::compute::cuda
