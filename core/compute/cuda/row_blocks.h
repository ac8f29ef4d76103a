// Operations on one row of f32 by one block (block.h). Defined by core/compute/rx1/quantize.h and
// layer_ops.h; equal bit for bit: maxima are of integers, and sums have R128's order.
#pragma once

#include <cstdint>

#include "core/compute/cuda/block.h"
#include "core/compute/cuda/r128_layout.h"
#include "core/compute/rx1/row_math.h"

namespace assay::compute::cuda {

inline constexpr unsigned kQuantizeThreads = 256;
inline constexpr unsigned kMaxGroups = 16;

struct QuantizeShared {
  std::uint32_t of_thread[kQuantizeThreads];
  std::uint32_t of_group[kMaxGroups];
};

// q (width) = x (width) quantised with its scale, s8 with limit 127 or s16 with limit 16,319.
template <class Block, class Q>
ASSAY_BLOCK void quantize_row(const Block& block, const float* x, std::uint64_t width, float limit,
                              Q* q, float* scale, QuantizeShared& s) {
  block.phase([&](unsigned thread) {
    std::uint32_t most = 0;  // bits of |x| as integers: they order as the values do
    for (std::uint64_t i = thread; i < width; i += kQuantizeThreads) {
      const std::uint32_t value = rx1::bits(x[i]) & rx1::kAbsMask;
      most = most > value ? most : value;
    }
    s.of_thread[thread] = most;
  });
  block.phase([&](unsigned thread) {
    if (thread >= kMaxGroups) return;
    std::uint32_t most = 0;
    for (unsigned i = thread; i < kQuantizeThreads; i += kMaxGroups) {
      most = most > s.of_thread[i] ? most : s.of_thread[i];
    }
    s.of_group[thread] = most;
  });
  block.phase([&](unsigned thread) {
    std::uint32_t most = 0;
    for (const std::uint32_t value : s.of_group) most = most > value ? most : value;
    const rx1::RowQuantum quantum = rx1::row_quantum(most, limit);
    for (std::uint64_t i = thread; i < width; i += kQuantizeThreads) {
      q[i] = static_cast<Q>(rx1::quantized(x[i], quantum.inv, limit));
    }
    if (thread == 0) *scale = quantum.scale;
  });
}

inline constexpr std::uint64_t kNormWidthMax = std::uint64_t{1} << 24;

struct RmsNormShared {
  float lanes[kSegmentLanes];
  float sums[kNormWidthMax / kSegmentElements];  // of the row's segments
};

// lanes[0] = the R128 sum of one segment: value(i) for i < count, added to its lane by `take`.
template <class Block, class Take>
ASSAY_BLOCK void sum_segment(const Block& block, std::uint64_t count, RmsNormShared& s,
                             const Take& take) {
  block.phase([&](unsigned thread) {
    float lane = 0;
    for (std::uint64_t i = thread; i < count; i += kSegmentLanes) lane = take(lane, i);
    s.lanes[thread] = lane;
  });
  for (unsigned stride = kSegmentLanes / 2; stride > 0; stride /= 2) {
    block.phase([&](unsigned thread) {
      if (thread < stride) s.lanes[thread] = rx1::add(s.lanes[thread], s.lanes[thread + stride]);
    });
  }
}

// y (width) = x (width) normalised; y may be x. kSegmentLanes threads; width <= kNormWidthMax.
template <class Block>
ASSAY_BLOCK void rms_norm_row(const Block& block, const float* x, const float* gain, float epsilon,
                              std::uint64_t width, float* y, RmsNormShared& s) {
  const std::uint64_t segments = segments_of(width);
  for (std::uint64_t segment = 0; segment < segments; ++segment) {
    const float* from = x + segment_begin(segment);
    sum_segment(block, segment_end(segment, width) - segment_begin(segment), s,
                [&](float lane, std::uint64_t i) { return rx1::fma(from[i], from[i], lane); });
    block.phase([&](unsigned thread) {
      if (thread == 0) s.sums[segment] = s.lanes[0];
    });
  }
  if (segments > 1) {
    sum_segment(block, segments, s,
                [&](float lane, std::uint64_t i) { return rx1::add(lane, s.sums[i]); });
  }
  block.phase([&](unsigned thread) {
    const float elements = rx1::from_s32(static_cast<std::int32_t>(width));
    const float mean = rx1::div(rx1::canonical(s.lanes[0]), elements);
    const float inverse_rms = rx1::div(1.0F, rx1::sqrt(rx1::add(mean, epsilon)));
    for (std::uint64_t i = thread; i < width; i += kSegmentLanes) {
      y[i] = rx1::normalized(x[i], inverse_rms, gain[i]);
    }
  });
}

}  // namespace assay::compute::cuda
