// The loops of training on one CPU level, as a table: the scalar level's are the definition, and
// each other equals it bit for bit. Internal to core/compute/train; pure; any thread. The rule of
// core/compute/cpu/kernels.h holds here too: nothing of external linkage in level files.
// Arrays do not overlap unless said.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/compute/engine.h"

namespace assay::compute::train {

// One step of Adam (optimiser.h).
struct AdamStep {
  float factor;  // of the gradient: clipping
  float beta1, one_less_beta1;
  float beta2, one_less_beta2;
  float correct1, correct2;  // 1 / (1 - beta^s)
  float rate, weight_decay;
};

// Of many numbers: the largest bits without sign, and whether any sign is set.
struct BitsSeen {
  std::int32_t most;
  bool negative;
};

struct TrainKernels {
  // Of `count` little-endian f32 at any address.
  BitsSeen (*look)(const std::uint8_t* bytes, std::size_t count);

  // In place, a row of `width` scores of which the first `count` >= 1 are seen, the rest become +0:
  //   s = mul(s, scale);  e = exp(sub(s, max s));  p = div(e, sum e)
  // max by order_key; the sum R128.
  void (*softmax)(float* s, std::size_t count, std::size_t width, float scale);
  // d = sum of mul(p, dp), R128 over the row;  dp becomes mul(mul(p, sub(dp, d)), scale); the
  // elements from `count` to `width` become +0.
  void (*softmax_gradient)(const float* p, float* dp, std::size_t count, std::size_t width,
                           float scale);
  // Softmax cross entropy: returns add(log(sum e), sub(max, l[target])) and leaves in l the
  // gradient mul(p, factor), at the target mul(sub(p, 1), factor), with e and p as above, scale 1.
  float (*cross_entropy)(float* l, std::size_t count, std::size_t target, float factor);

  // Of swiglu, y = mul(silu(gate), up); s = sigmoid(gate), r = fma(gate, mul(s, sub(1, s)), s):
  //   d_gate = mul(mul(dy, up), r);  d_up = mul(dy, silu(gate))
  void (*swiglu_gradient)(const float* gate, const float* up, const float* dy, std::size_t count,
                          float* d_gate, float* d_up);
  // Of rms_norm, y = mul(mul(x, r), gain):
  //   a = mul(dy, gain);  c = mul(mul(mul(r, r), r), div(sum of mul(a, x), f32(count)))
  //   dx = add(dx, fma(a, r, -mul(x, c)));  d_gain = mul(mul(dy, x), r)
  // d_gain is what this row adds to the gain's gradient. The sum R128.
  void (*rms_gradient)(const float* x, const float* gain, const float* dy, std::size_t count,
                       float r, float* dx, float* d_gain);
  // (x[i], y[i]) for i < count, in place: rotated() of row_math.h.
  void (*rotate)(float* x, float* y, const float* cosine, const float* sine, std::size_t count);

  // to = add(to, x)
  void (*accumulate)(const float* x, std::size_t count, float* to);
  // y = x where x > 0, else +0 (NaN stays); dy becomes +0 where y is 0.
  void (*relu)(float* x, std::size_t count);
  void (*relu_gradient)(const float* y, std::size_t count, float* dy);

  void (*adam)(const AdamStep& step, const float* g, std::size_t count, float* p, float* m,
               float* v);
  // m = fma(momentum, m, mul(g, factor));  p = fma(-rate, fma(weight_decay, p, m), p)
  void (*momentum)(float momentum, const AdamStep& step, const float* g, std::size_t count,
                   float* p, float* m);
  // p = fma(-rate, fma(weight_decay, p, mul(g, factor)), p)
  void (*sgd)(const AdamStep& step, const float* g, std::size_t count, float* p);
};

extern const TrainKernels kScalarTrain, kSse2Train, kAvx2Train, kAvx512Train;

const TrainKernels& train_kernels(CpuLevel level);

}  // namespace assay::compute::train
