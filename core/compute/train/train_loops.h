// The entries of TrainKernels, which the compiler turns into the vector code of the including
// file's level. Internal linkage throughout: see train_kernels.h, which says what each does.
#pragma once

#include "core/compute/rx1/row_math.h"
#include "core/compute/rx1/sum.h"
#include "core/compute/train/train_kernels.h"

namespace assay::compute::train {
namespace {

using namespace rx1;  // the operations, by their names in the contract

constexpr float kAdamEpsilon = 1e-8F;

BitsSeen look(const std::uint8_t* bytes, std::size_t count) {
  std::int32_t most = 0;
  std::int32_t all = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::int32_t value = 0;
    __builtin_memcpy(&value, bytes + i * sizeof value, sizeof value);
    const std::int32_t magnitude = value & 0x7FFFFFFF;
    most = most > magnitude ? most : magnitude;
    all |= value;
  }
  return {most, all < 0};
}

// R128 of at most kSegment elements term(i). Lanes that no element reaches stay +0, and adding +0
// changes no lane, since none is ever -0: so the tree begins where the elements end.
template <class Term>
float lane_sum(std::size_t count, const Term& term) {
  float lanes[kLanes];
  const std::size_t first = count < kLanes ? count : kLanes;
  for (std::size_t l = 0; l < first; ++l) lanes[l] = add(0.0F, term(l));
  for (std::size_t l = first; l < kLanes; ++l) lanes[l] = 0.0F;
  std::size_t i = kLanes;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t l = 0; l < kLanes; ++l) lanes[l] = add(lanes[l], term(i + l));
  }
  for (std::size_t l = 0; i + l < count; ++l) lanes[l] = add(lanes[l], term(i + l));
  for (std::size_t l = 0; l < 64; ++l) lanes[l] = add(lanes[l], lanes[l + 64]);
  for (std::size_t l = 0; l < 32; ++l) lanes[l] = add(lanes[l], lanes[l + 32]);
  for (std::size_t l = 0; l < 16; ++l) lanes[l] = add(lanes[l], lanes[l + 16]);
  for (std::size_t l = 0; l < 8; ++l) lanes[l] = add(lanes[l], lanes[l + 8]);
  for (std::size_t l = 0; l < 4; ++l) lanes[l] = add(lanes[l], lanes[l + 4]);
  return canonical(add(add(lanes[0], lanes[2]), add(lanes[1], lanes[3])));
}

float largest(const float* x, std::size_t count) {
  std::int32_t most = INT32_MIN;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t key = order_key(x[i]);
    most = most > key ? most : key;
  }
  return from_order_key(most);
}

// s becomes exp(sub(s, max)).
void exponentials(float* __restrict s, std::size_t count, float max) {
  for (std::size_t i = 0; i < count; ++i) s[i] = exp_f32(sub(s[i], max));
}

void softmax(float* __restrict s, std::size_t count, std::size_t width, float scale) {
  for (std::size_t i = 0; i < count; ++i) s[i] = mul(s[i], scale);
  exponentials(s, count, largest(s, count));
  const float sum = lane_sum(count, [s](std::size_t i) { return s[i]; });
  for (std::size_t i = 0; i < count; ++i) s[i] = canonical(div(s[i], sum));
  for (std::size_t i = count; i < width; ++i) s[i] = 0.0F;
}

void softmax_gradient(const float* __restrict p, float* __restrict dp, std::size_t count,
                      std::size_t width, float scale) {
  const float d = lane_sum(count, [p, dp](std::size_t i) { return mul(p[i], dp[i]); });
  for (std::size_t i = 0; i < count; ++i) {
    dp[i] = canonical(mul(mul(p[i], sub(dp[i], d)), scale));
  }
  for (std::size_t i = count; i < width; ++i) dp[i] = 0.0F;
}

float cross_entropy(float* __restrict l, std::size_t count, std::size_t target, float factor) {
  const float max = largest(l, count);
  const float at_target = l[target];
  exponentials(l, count, max);
  const float sum = lane_sum(count, [l](std::size_t i) { return l[i]; });
  const float wanted = canonical(mul(sub(div(l[target], sum), 1.0F), factor));
  for (std::size_t i = 0; i < count; ++i) l[i] = canonical(mul(div(l[i], sum), factor));
  l[target] = wanted;
  return canonical(add(log_f32(sum), sub(max, at_target)));
}

void swiglu_gradient(const float* __restrict gate, const float* __restrict up,
                     const float* __restrict dy, std::size_t count, float* __restrict d_gate,
                     float* __restrict d_up) {
  for (std::size_t i = 0; i < count; ++i) {
    const float s = sigmoid_f32(gate[i]);
    const float r = fma(gate[i], mul(s, sub(1.0F, s)), s);
    d_gate[i] = canonical(mul(mul(dy[i], up[i]), r));
    d_up[i] = canonical(mul(dy[i], silu_f32(gate[i])));
  }
}

void rms_gradient(const float* __restrict x, const float* __restrict gain,
                  const float* __restrict dy, std::size_t count, float r, float* __restrict dx,
                  float* __restrict d_gain) {
  const float sum = lane_sum(count, [=](std::size_t i) { return mul(mul(dy[i], gain[i]), x[i]); });
  const float c = mul(mul(mul(r, r), r), div(sum, from_s32(static_cast<std::int32_t>(count))));
  for (std::size_t i = 0; i < count; ++i) {
    const float through = fma(mul(dy[i], gain[i]), r, negate(mul(x[i], c)));
    dx[i] = canonical(add(dx[i], through));
    d_gain[i] = canonical(mul(mul(dy[i], x[i]), r));
  }
}

void rotate(float* __restrict x, float* __restrict y, const float* __restrict cosine,
            const float* __restrict sine, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const Rotated turned = rotated(x[i], y[i], cosine[i], sine[i]);
    x[i] = turned.x;
    y[i] = turned.y;
  }
}

void accumulate(const float* __restrict x, std::size_t count, float* __restrict to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = canonical(add(to[i], x[i]));
}

void relu(float* __restrict x, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) x[i] = x[i] <= 0.0F ? 0.0F : x[i];
}

void relu_gradient(const float* __restrict y, std::size_t count, float* __restrict dy) {
  for (std::size_t i = 0; i < count; ++i) dy[i] = y[i] == 0.0F ? 0.0F : dy[i];
}

void adam(const AdamStep& step, const float* __restrict g, std::size_t count, float* __restrict p,
          float* __restrict m, float* __restrict v) {
  const AdamStep s = step;
  for (std::size_t i = 0; i < count; ++i) {
    const float d = mul(g[i], s.factor);
    const float first = fma(s.beta1, m[i], mul(s.one_less_beta1, d));
    const float second = fma(s.beta2, v[i], mul(s.one_less_beta2, mul(d, d)));
    const float size = add(sqrt(mul(second, s.correct2)), kAdamEpsilon);
    const float move = fma(s.weight_decay, p[i], div(mul(first, s.correct1), size));
    m[i] = canonical(first);
    v[i] = canonical(second);
    p[i] = canonical(fma(negate(s.rate), move, p[i]));
  }
}

void momentum(float keep, const AdamStep& step, const float* __restrict g, std::size_t count,
              float* __restrict p, float* __restrict m) {
  const AdamStep s = step;
  for (std::size_t i = 0; i < count; ++i) {
    const float moved = fma(keep, m[i], mul(g[i], s.factor));
    m[i] = canonical(moved);
    p[i] = canonical(fma(negate(s.rate), fma(s.weight_decay, p[i], moved), p[i]));
  }
}

void sgd(const AdamStep& step, const float* __restrict g, std::size_t count, float* __restrict p) {
  const AdamStep s = step;
  for (std::size_t i = 0; i < count; ++i) {
    const float move = fma(s.weight_decay, p[i], mul(g[i], s.factor));
    p[i] = canonical(fma(negate(s.rate), move, p[i]));
  }
}

constexpr TrainKernels kLoops = {
    .look = look,
    .softmax = softmax,
    .softmax_gradient = softmax_gradient,
    .cross_entropy = cross_entropy,
    .swiglu_gradient = swiglu_gradient,
    .rms_gradient = rms_gradient,
    .rotate = rotate,
    .accumulate = accumulate,
    .relu = relu,
    .relu_gradient = relu_gradient,
    .adam = adam,
    .momentum = momentum,
    .sgd = sgd,
};

}  // namespace
}  // namespace assay::compute::train
