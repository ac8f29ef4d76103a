// What the entries of the fake module share: its memory, and the faults that ASSAY_FAKE_CUDA asks
// for (fake_module.cc).
#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/compute/cuda/state_leaves.h"

namespace assay::compute::cuda {

struct Context {
  std::map<DevicePtr, std::vector<std::uint8_t>> memory;
  std::unique_ptr<StateTensors> hashing;  // begun, not yet read
  Sha256Words root{};
  unsigned long calls = 0;  // while "lost:" is set
};

inline std::string fault() {
  const char* text = std::getenv("ASSAY_FAKE_CUDA");
  return text == nullptr ? "" : text;
}

inline std::int32_t failed(Failure* failure, const std::string& text,
                           std::int32_t status = kModuleDevice) {
  std::snprintf(failure->text, sizeof failure->text, "%s", text.c_str());
  return status;
}

// Whether [at, at + bytes) lies in one allocation.
inline bool inside(const Context& context, DevicePtr at, std::uint64_t bytes) {
  auto next = context.memory.upper_bound(at);
  if (next == context.memory.begin()) return false;
  const auto& [begin, data] = *std::prev(next);
  return at - begin <= data.size() && bytes <= data.size() - (at - begin);
}

inline std::uint64_t span_of(std::uint64_t rows, std::uint64_t cols, std::uint64_t ld) {
  return rows == 0 ? 0 : (rows - 1) * ld + cols;
}

template <class T>
T* memory(DevicePtr at) {
  return reinterpret_cast<T*>(at);
}

// Begins an entry: its injected error, or memory out of bounds; ends it with the injected bit.
struct Entry {
  Context& context;
  Failure* failure;
  std::string name;
  bool bounds = true;

  Entry& uses(DevicePtr at, std::uint64_t bytes) {
    bounds = bounds && inside(context, at, bytes);
    return *this;
  }
  // What an entry has no use for may be 0.
  Entry& may_use(DevicePtr at, std::uint64_t bytes) { return at == 0 ? *this : uses(at, bytes); }
  bool is_lost() const {
    return fault().starts_with("lost:") &&
           ++context.calls >= std::strtoul(fault().c_str() + 5, nullptr, 10);
  }
  std::int32_t begin() const {
    if (is_lost()) return failed(failure, name + ": the device fell off the bus (fake)");
    if (fault() == "error:" + name) return failed(failure, name + ": an injected device error");
    if (!bounds) return failed(failure, name + ": outside the memory that was allocated");
    return kModuleOk;
  }
  std::int32_t end(void* result) const {
    auto* bytes = static_cast<std::uint8_t*>(result);
    const std::string wrong = "bits:" + name;
    if (fault() == wrong) bytes[0] ^= 1;
    if (fault().starts_with(wrong + "@")) {
      bytes[std::strtoul(fault().c_str() + wrong.size() + 1, nullptr, 10)] ^= 0x40;
    }
    return kModuleOk;
  }
};

// The operations of core/compute/rx1 (fake_rx1.cc).
std::int32_t fake_elementwise(Context*, const ElementwiseArgs*, Failure*);
std::int32_t fake_quantize(Context*, const QuantizeArgs*, Failure*);
std::int32_t fake_split_rows(Context*, const SplitArgs*, Failure*);
std::int32_t fake_dequantize(Context*, const DequantizeArgs*, Failure*);
std::int32_t fake_rms_norm(Context*, const RmsNormArgs*, Failure*);
std::int32_t fake_embed(Context*, const EmbedArgs*, Failure*);
std::int32_t fake_rotate(Context*, const RotateArgs*, Failure*);
std::int32_t fake_attention(Context*, const AttentionArgs*, Failure*);

// Those of core/compute/simulate (fake_simulate.cc).
std::int32_t fake_lattice(Context*, const LatticeArgs*, Failure*);
std::int32_t fake_bodies(Context*, const BodiesArgs*, Failure*);

// Those of core/compute/train (fake_train.cc).
std::int32_t fake_move(Context*, const MoveArgs*, Failure*);
std::int32_t fake_small_gemm(Context*, const SmallGemmArgs*, Failure*);
std::int32_t fake_train_rows(Context*, const TrainRowsArgs*, Failure*);
std::int32_t fake_train_cells(Context*, const TrainCellsArgs*, Failure*);
std::int32_t fake_segment_sums(Context*, const SegmentSumsArgs*, Failure*);

}  // namespace assay::compute::cuda
