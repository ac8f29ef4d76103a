// The operations of training on one row by one block (block.h): twins of the loops in
// core/compute/train/train_loops.h. Equal bit for bit: maxima are of integers, and sums have R128's
// order (row_blocks.h). The kernels (train_rows.cu) and their host tests share it.
#pragma once

#include "core/compute/cuda/row_blocks.h"

namespace assay::compute::cuda {

struct TrainRowShared {
  RmsNormShared sums;
  std::int32_t most[kSegmentLanes];
  float kept;  // what one thread tells the others
};

// most[0] = the largest order_key() of s[i] for i < count.
template <class Block>
ASSAY_BLOCK void find_largest(const Block& block, const float* s, std::uint64_t count,
                              TrainRowShared& shared) {
  block.phase([&](unsigned thread) {
    std::int32_t most = INT32_MIN;
    for (std::uint64_t i = thread; i < count; i += kSegmentLanes) {
      const std::int32_t key = rx1::order_key(s[i]);
      most = most > key ? most : key;
    }
    shared.most[thread] = most;
  });
  for (unsigned stride = kSegmentLanes / 2; stride > 0; stride /= 2) {
    block.phase([&](unsigned thread) {
      if (thread >= stride) return;
      const std::int32_t other = shared.most[thread + stride];
      if (shared.most[thread] < other) shared.most[thread] = other;
    });
  }
}

template <class Block>
ASSAY_BLOCK void softmax_row(const Block& block, float* s, std::uint64_t count, std::uint64_t width,
                             float scale, TrainRowShared& shared) {
  block.phase([&](unsigned thread) {
    for (std::uint64_t i = thread; i < count; i += kSegmentLanes) s[i] = rx1::mul(s[i], scale);
  });
  find_largest(block, s, count, shared);
  block.phase([&](unsigned thread) {
    const float max = rx1::from_order_key(shared.most[0]);
    for (std::uint64_t i = thread; i < count; i += kSegmentLanes) {
      s[i] = rx1::exp_f32(rx1::sub(s[i], max));
    }
  });
  sum_segment(block, count, shared.sums,
              [&](float lane, std::uint64_t i) { return rx1::add(lane, s[i]); });
  block.phase([&](unsigned thread) {
    const float sum = rx1::canonical(shared.sums.lanes[0]);
    for (std::uint64_t i = thread; i < width; i += kSegmentLanes) {
      s[i] = i < count ? rx1::canonical(rx1::div(s[i], sum)) : 0.0F;
    }
  });
}

template <class Block>
ASSAY_BLOCK void softmax_gradient_row(const Block& block, const float* p, float* dp,
                                      std::uint64_t count, std::uint64_t width, float scale,
                                      TrainRowShared& shared) {
  sum_segment(block, count, shared.sums,
              [&](float lane, std::uint64_t i) { return rx1::add(lane, rx1::mul(p[i], dp[i])); });
  block.phase([&](unsigned thread) {
    const float d = rx1::canonical(shared.sums.lanes[0]);
    for (std::uint64_t i = thread; i < width; i += kSegmentLanes) {
      dp[i] =
          i < count ? rx1::canonical(rx1::mul(rx1::mul(p[i], rx1::sub(dp[i], d)), scale)) : 0.0F;
    }
  });
}

template <class Block>
ASSAY_BLOCK void cross_entropy_row(const Block& block, float* l, std::uint64_t count,
                                   std::uint64_t target, float factor, float* loss,
                                   TrainRowShared& shared) {
  find_largest(block, l, count, shared);
  block.phase([&](unsigned thread) {
    const float max = rx1::from_order_key(shared.most[0]);
    for (std::uint64_t i = thread; i < count; i += kSegmentLanes) {
      if (i == target) shared.kept = rx1::sub(max, l[i]);
      l[i] = rx1::exp_f32(rx1::sub(l[i], max));
    }
  });
  sum_segment(block, count, shared.sums,
              [&](float lane, std::uint64_t i) { return rx1::add(lane, l[i]); });
  block.phase([&](unsigned thread) {
    const float sum = rx1::canonical(shared.sums.lanes[0]);
    for (std::uint64_t i = thread; i < count; i += kSegmentLanes) {
      const float p = rx1::div(l[i], sum);
      l[i] = rx1::canonical(rx1::mul(i == target ? rx1::sub(p, 1.0F) : p, factor));
    }
    if (thread == 0) *loss = rx1::canonical(rx1::add(rx1::log_f32(sum), shared.kept));
  });
}

struct RmsGradientRow {
  const float *x, *gain, *dy;
  float *dx, *d_gain;
};
template <class Block>
ASSAY_BLOCK void rms_gradient_row(const Block& block, const RmsGradientRow& row,
                                  std::uint64_t count, float epsilon, TrainRowShared& shared) {
  const auto [x, gain, dy, dx, d_gain] = row;
  sum_segment(block, count, shared.sums,
              [x = x](float lane, std::uint64_t i) { return rx1::fma(x[i], x[i], lane); });
  block.phase([&shared, count, epsilon](unsigned thread) {
    if (thread != 0) return;
    const float mean = rx1::div(rx1::canonical(shared.sums.lanes[0]),
                                rx1::from_s32(static_cast<std::int32_t>(count)));
    shared.kept = rx1::div(1.0F, rx1::sqrt(rx1::add(mean, epsilon)));
  });
  sum_segment(block, count, shared.sums,
              [x = x, gain = gain, dy = dy](float lane, std::uint64_t i) {
                return rx1::add(lane, rx1::mul(rx1::mul(dy[i], gain[i]), x[i]));
              });
  block.phase([&shared, count, x = x, gain = gain, dy = dy, dx = dx,
               d_gain = d_gain](unsigned thread) {
    const float r = shared.kept;
    const float sum = rx1::canonical(shared.sums.lanes[0]);
    const float c = rx1::mul(rx1::mul(rx1::mul(r, r), r),
                             rx1::div(sum, rx1::from_s32(static_cast<std::int32_t>(count))));
    for (std::uint64_t i = thread; i < count; i += kSegmentLanes) {
      const float through = rx1::fma(rx1::mul(dy[i], gain[i]), r, rx1::negate(rx1::mul(x[i], c)));
      dx[i] = rx1::canonical(rx1::add(dx[i], through));
      d_gain[i] = rx1::canonical(rx1::mul(rx1::mul(dy[i], x[i]), r));
    }
  });
}

// Row number `row` of an operation. kSegmentLanes threads.
template <class Block>
ASSAY_BLOCK void train_row(const Block& block, const TrainRowsArgs& a, std::uint64_t row,
                           TrainRowShared& shared) {
  float* x = reinterpret_cast<float*>(a.x) + row * a.width;
  float* y = reinterpret_cast<float*>(a.y) + row * a.width;
  const std::uint64_t seen = a.period == 0 ? a.width : row % a.period + 1;
  switch (a.op) {
    case kTrainSoftmax: return softmax_row(block, x, seen, a.width, a.scale, shared);
    case kTrainSoftmaxGradient:
      return softmax_gradient_row(block, x, y, seen, a.width, a.scale, shared);
    case kTrainCrossEntropy:
      return cross_entropy_row(block, x, a.width, reinterpret_cast<const std::uint32_t*>(a.z)[row],
                               a.scale, reinterpret_cast<float*>(a.y) + row, shared);
    case kTrainRmsGradient:
      return rms_gradient_row(block,
                              {x, reinterpret_cast<const float*>(a.z), y,
                               reinterpret_cast<float*>(a.dx) + row * a.width,
                               reinterpret_cast<float*>(a.d_gain) + row * a.width},
                              a.width, a.scale, shared);
  }
}

// Column `col` of segment `segment`.
template <class Block>
ASSAY_BLOCK void segment_sum(const Block& block, const SegmentSumsArgs& a, std::uint64_t segment,
                             std::uint64_t col, RmsNormShared& shared) {
  const auto* first = reinterpret_cast<const std::uint32_t*>(a.first);
  const auto* index = reinterpret_cast<const std::uint32_t*>(a.index);
  const auto* target = reinterpret_cast<const std::uint32_t*>(a.target);
  const auto* x = reinterpret_cast<const float*>(a.x) + col;
  const std::uint64_t begin = first[segment];
  sum_segment(block, first[segment + 1] - begin, shared, [&](float lane, std::uint64_t i) {
    const std::uint64_t row = index == nullptr ? begin + i : index[begin + i];
    return rx1::add(lane, x[row * a.cols]);
  });
  block.phase([&](unsigned thread) {
    if (thread != 0) return;
    const std::uint64_t row = target == nullptr ? segment : target[segment];
    float* out = reinterpret_cast<float*>(a.out) + row * a.cols + col;
    const float sum = rx1::canonical(shared.lanes[0]);
    *out = a.add == 0 ? sum : rx1::canonical(rx1::add(*out, sum));
  });
}

}  // namespace assay::compute::cuda
