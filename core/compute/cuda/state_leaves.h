// Which bytes each leaf of a state is (FORMAT.md "State digest"), and how a level of the tree pairs
// up. The device's hash kernels and their host tests share it. Pure; any thread.
#pragma once

#include "core/compute/cuda/module_abi.h"
#include "core/compute/cuda/sha256_device.h"

namespace assay::compute::cuda {

struct StateTensors {
  HashTensor tensor[kHashTensorsMax];
  std::uint32_t count;
};

ASSAY_SHARED constexpr std::uint64_t tensor_leaves(const HashTensor& tensor) {
  return 1 + (tensor.bytes + kLeafBytes - 1) / kLeafBytes;
}

ASSAY_SHARED constexpr std::uint64_t state_leaves(const StateTensors& state) {
  std::uint64_t leaves = 0;
  for (std::uint32_t i = 0; i < state.count; ++i) leaves += tensor_leaves(state.tensor[i]);
  return leaves;
}

// The hash of leaf number `leaf`, below state_leaves(). Data is aligned to 4 bytes.
ASSAY_SHARED inline Sha256Words state_leaf_hash(const StateTensors& state, std::uint64_t leaf) {
  std::uint32_t at = 0;
  for (; leaf >= tensor_leaves(state.tensor[at]); ++at) leaf -= tensor_leaves(state.tensor[at]);
  const HashTensor& tensor = state.tensor[at];
  if (leaf == 0) return hash_any_leaf(tensor.header, tensor.header_bytes);
  const std::uint64_t offset = (leaf - 1) * kLeafBytes;
  const auto* data = reinterpret_cast<const std::uint8_t*>(tensor.data) + offset;
  if (tensor.bytes - offset >= kLeafBytes) {
    return hash_whole_leaf(reinterpret_cast<const std::uint32_t*>(data));
  }
  return hash_any_leaf(data, static_cast<std::uint32_t>(tensor.bytes - offset));
}

// A level has half as many nodes as the one below, rounded up; an odd last one moves up unchanged.
// That is the RFC 6962 tree, whose left subtrees are complete.
ASSAY_SHARED constexpr std::uint64_t nodes_above(std::uint64_t nodes) {
  return (nodes + 1) / 2;
}
ASSAY_SHARED constexpr Sha256Words node_above(const Sha256Words* below, std::uint64_t count,
                                              std::uint64_t index) {
  return 2 * index + 1 < count ? hash_node(below[2 * index], below[2 * index + 1])
                               : below[2 * index];
}

}  // namespace assay::compute::cuda
