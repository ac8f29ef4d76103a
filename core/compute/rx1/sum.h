// R128: the one order in which RX-1 adds f32 numbers. Element i goes to segment i / 65536, and in
// it to lane i % 128. A lane starts at +0 and takes its elements in order; then lane l takes lane
// l + 64 for l < 64, l + 32 for l < 32, and so on to 1; lane 0 is the segment's sum. The sums of
// several segments are added in the same way, as an array of their own.
//
// So an array may be cut at multiples of kSegment, and the parts summed anywhere:
//   sum(x) = sum({sum(segment 0), sum(segment 1), ...})
//
// Pure; any thread whose float mode is the usual one; every level gives the same bits; the machine
// must have the level. A NaN among the elements, or infinities that cancel, give the NaN of RX-1.
#pragma once

#include <cstddef>
#include <span>

#include "core/compute/engine.h"

namespace assay::compute::rx1 {

inline constexpr std::size_t kLanes = 128;
inline constexpr std::size_t kSegment = 65536;

// The sum of no elements is +0.
float sum(std::span<const float> x, CpuLevel level = CpuLevel::scalar);

// The squares enter by lane = fma(x, x, lane); segments are added as above.
float sum_of_squares(std::span<const float> x, CpuLevel level = CpuLevel::scalar);

}  // namespace assay::compute::rx1
