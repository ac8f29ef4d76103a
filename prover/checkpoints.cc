#include "prover/checkpoints.h"

#include <fstream>

#include "core/base/file.h"

namespace assay::prover {

Checkpoints::Checkpoints(std::string folder, const compute::Plan& plan, std::uint64_t budget_bytes)
    : folder_(std::move(folder)), shape_(plan.state_shape) {
  if (plan.shape == compute::Shape::independent) return;
  for (const compute::TensorShape& tensor : shape_) state_bytes_ += tensor.bytes();
  const std::uint64_t room = state_bytes_ == 0 ? 0 : budget_bytes / state_bytes_;
  if (room == 0) return;
  interval_ = static_cast<std::uint32_t>((plan.steps + room - 1) / room);
}

bool Checkpoints::wants(std::uint32_t index) const {
  return interval_ != 0 && index != 0 && index % interval_ == 0;
}

void Checkpoints::keep(std::uint32_t index, const compute::State& state) {
  if (!make_folders(folder_).ok()) return;
  std::ofstream file(path(index), std::ios::binary | std::ios::trunc);
  for (const compute::Tensor& tensor : state) {
    file.write(reinterpret_cast<const char*>(tensor.data.data()),
               static_cast<std::streamsize>(tensor.data.size()));
  }
}

std::optional<StateKeeper::Kept> Checkpoints::nearest(std::uint32_t index) const {
  if (interval_ == 0) return std::nullopt;
  for (std::uint32_t i = index - index % interval_; i >= interval_; i -= interval_) {
    const Result<Bytes> bytes = read_file(path(i), state_bytes_);
    if (!bytes.ok()) continue;
    Result<compute::State> state = compute::state_from_bytes(shape_, bytes.value());
    if (state.ok()) return Kept{i, std::move(state).value()};
  }
  return std::nullopt;
}

std::string Checkpoints::path(std::uint32_t index) const {
  return folder_ + "/" + std::to_string(index);
}

}  // namespace assay::prover
