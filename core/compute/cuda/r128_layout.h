// Which element a thread of the R128 kernel takes when: a block of 128 threads is one segment, a
// thread one lane. The kernel and its host test share it. Pure; any thread.
// Source: compute.md, "R128"; core/compute/rx1/sum.h.
#pragma once

#include <cstdint>

#include "core/compute/host_device.h"

namespace assay::compute::cuda {

inline constexpr std::uint64_t kSegmentElements = 65536;
inline constexpr unsigned kSegmentLanes = 128;

ASSAY_SHARED constexpr std::uint64_t segments_of(std::uint64_t count) {
  return (count + kSegmentElements - 1) / kSegmentElements;
}
// Elements [begin, end) of a segment; lane l takes begin + l, begin + l + 128, … below end.
ASSAY_SHARED constexpr std::uint64_t segment_begin(std::uint64_t segment) {
  return segment * kSegmentElements;
}
ASSAY_SHARED constexpr std::uint64_t segment_end(std::uint64_t segment, std::uint64_t count) {
  const std::uint64_t end = segment_begin(segment + 1);
  return end < count ? end : count;
}

}  // namespace assay::compute::cuda
