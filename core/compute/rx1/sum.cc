#include "core/compute/rx1/sum.h"

#include <algorithm>
#include <vector>

#include "core/compute/rx1/float_ops.h"
#include "core/compute/rx1/kernels.h"

namespace assay::compute::rx1 {
namespace {

using AddToLanes = void (*)(const float* x, std::size_t count, float* lanes);

// At most kSegment elements.
float sum_segment(std::span<const float> x, AddToLanes add_to_lanes) {
  float lanes[kLanes] = {};
  const std::size_t whole = x.size() - x.size() % kLanes;
  add_to_lanes(x.data(), whole, lanes);
  if (whole < x.size()) {
    // +0 changes no lane: none is ever -0.
    float last[kLanes] = {};
    std::copy(x.begin() + static_cast<std::ptrdiff_t>(whole), x.end(), last);
    add_to_lanes(last, kLanes, lanes);
  }
  for (std::size_t stride = kLanes / 2; stride > 0; stride /= 2) {
    for (std::size_t l = 0; l < stride; ++l) lanes[l] = add(lanes[l], lanes[l + stride]);
  }
  return lanes[0];
}

float reduce(std::span<const float> x, AddToLanes first, AddToLanes then) {
  if (x.size() <= kSegment) return canonical(sum_segment(x, first));
  std::vector<float> sums;
  for (std::size_t at = 0; at < x.size(); at += kSegment) {
    sums.push_back(sum_segment(x.subspan(at, std::min(kSegment, x.size() - at)), first));
  }
  return reduce(sums, then, then);
}

}  // namespace

float sum(std::span<const float> x, CpuLevel level) {
  const Kernels& twin = kernels(level);
  return reduce(x, twin.add_to_lanes, twin.add_to_lanes);
}

float sum_of_squares(std::span<const float> x, CpuLevel level) {
  const Kernels& twin = kernels(level);
  return reduce(x, twin.add_squares_to_lanes, twin.add_to_lanes);
}

}  // namespace assay::compute::rx1
