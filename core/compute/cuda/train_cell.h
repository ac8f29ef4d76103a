// The operations of training that make each element by itself: twins of the loops in
// core/compute/train/train_loops.h and attention_training.cc. Each is a matrix of cells (cells.h).
// The kernels (train_cells.cu) and their host tests share it. Pure; any thread.
#pragma once

#include "core/compute/cuda/cells.h"

namespace assay::compute::cuda {

// Columns are the last index, rows the other three.
struct MoveCells {
  MoveArgs args;
  ASSAY_SHARED std::uint64_t rows() const { return args.size[0] * args.size[1] * args.size[2]; }
  ASSAY_SHARED std::uint64_t cols() const { return args.size[3]; }
  ASSAY_SHARED void make(std::uint64_t row, std::uint64_t col) const {
    const std::uint64_t at[4] = {row / (args.size[1] * args.size[2]),
                                 row / args.size[2] % args.size[1], row % args.size[2], col};
    std::uint64_t from = 0, to = 0;
    for (int i = 0; i < 4; ++i) {
      from += at[i] * args.x_stride[i];
      to += at[i] * args.y_stride[i];
    }
    reinterpret_cast<float*>(args.y)[to] = reinterpret_cast<const float*>(args.x)[from];
  }
};

// The sums of the limbs' products are exact in s32, as those of IGEMM8 are.
struct SmallGemmCells {
  SmallGemmArgs args;
  ASSAY_SHARED std::uint64_t rows() const { return args.batch * args.m; }
  ASSAY_SHARED std::uint64_t cols() const { return args.n; }
  ASSAY_SHARED void make(std::uint64_t row, std::uint64_t col) const {
    const std::uint64_t of_b = row / args.m / args.share * args.n + col;
    const auto* a = reinterpret_cast<const std::int16_t*>(args.a) + row * args.k;
    const auto* b = reinterpret_cast<const std::int16_t*>(args.b) + of_b * args.k;
    std::int32_t high = 0, low = 0;
    for (std::uint64_t i = 0; i < args.k; ++i) {
      const rx1::Limbs x = rx1::split_limbs(a[i]), y = rx1::split_limbs(b[i]);
      high += x.high * y.high;
      low += x.high * y.low + x.low * y.high;
    }
    // The factor 128 commutes with rounding to f32.
    const float sum = rx1::mul(rx1::from_limb_sums(high, low), 128.0F);
    reinterpret_cast<float*>(args.y)[row * args.n + col] =
        rx1::dequantized(sum, reinterpret_cast<const float*>(args.sa)[row],
                         reinterpret_cast<const float*>(args.sb)[of_b]);
  }
};

struct TrainCells {
  TrainCellsArgs args;
  ASSAY_SHARED std::uint64_t rows() const { return args.rows; }
  ASSAY_SHARED std::uint64_t cols() const { return args.cols; }
  ASSAY_SHARED float* x() const { return reinterpret_cast<float*>(args.x); }
  ASSAY_SHARED float* y() const { return reinterpret_cast<float*>(args.y); }
  ASSAY_SHARED float* z() const { return reinterpret_cast<float*>(args.z); }
  ASSAY_SHARED float* out() const { return reinterpret_cast<float*>(args.out); }

  ASSAY_SHARED void turn(std::uint64_t row, std::uint64_t col) const {
    const std::uint64_t angle = row % args.period * args.half + col % args.half;
    float* at = x() + row * args.stride + col / args.half * (2 * args.half) + col % args.half;
    const rx1::Rotated turned = rx1::rotated(at[0], at[args.half], y()[angle], z()[angle]);
    at[0] = turned.x;
    at[args.half] = turned.y;
  }
  ASSAY_SHARED void swiglu(std::uint64_t row, std::uint64_t col) const {
    const float* gate = x() + row * 2 * args.cols + col;
    out()[row * args.cols + col] = rx1::gated(gate[0], gate[args.cols]);
  }
  ASSAY_SHARED void swiglu_gradient(std::uint64_t row, std::uint64_t col) const {
    const std::uint64_t at = row * 2 * args.cols + col;
    const float gate = x()[at], up = x()[at + args.cols], dy = y()[row * args.cols + col];
    const float s = rx1::sigmoid_f32(gate);
    const float r = rx1::fma(gate, rx1::mul(s, rx1::sub(1.0F, s)), s);
    out()[at] = rx1::canonical(rx1::mul(rx1::mul(dy, up), r));
    out()[at + args.cols] = rx1::canonical(rx1::mul(dy, rx1::silu_f32(gate)));
  }
  ASSAY_SHARED void regress(std::uint64_t i) const {
    const float error = rx1::sub(x()[i], y()[i]);
    out()[i] = rx1::canonical(rx1::mul(error, error));
    x()[i] = rx1::canonical(rx1::mul(error, args.scale));
  }
  ASSAY_SHARED void sum_shares(std::uint64_t row, std::uint64_t col) const {
    const float* from = x() + row * args.period * args.cols + col;
    float sum = from[0];
    for (std::uint64_t i = 1; i < args.period; ++i) {
      sum = rx1::canonical(rx1::add(sum, from[i * args.cols]));
    }
    out()[row * args.cols + col] = sum;
  }
  ASSAY_SHARED void adam(std::uint64_t i) const {
    constexpr float kAdamEpsilon = 1e-8F;
    const train::AdamStep& s = args.step;
    const float d = rx1::mul(x()[i], s.factor);
    const float first = rx1::fma(s.beta1, y()[i], rx1::mul(s.one_less_beta1, d));
    const float second = rx1::fma(s.beta2, z()[i], rx1::mul(s.one_less_beta2, rx1::mul(d, d)));
    const float size = rx1::add(rx1::sqrt(rx1::mul(second, s.correct2)), kAdamEpsilon);
    const float by =
        rx1::fma(s.weight_decay, out()[i], rx1::div(rx1::mul(first, s.correct1), size));
    y()[i] = rx1::canonical(first);
    z()[i] = rx1::canonical(second);
    descend(i, by);
  }
  ASSAY_SHARED void momentum(std::uint64_t i) const {
    const float moved = rx1::fma(args.scale, y()[i], rx1::mul(x()[i], args.step.factor));
    y()[i] = rx1::canonical(moved);
    descend(i, rx1::fma(args.step.weight_decay, out()[i], moved));
  }
  ASSAY_SHARED void sgd(std::uint64_t i) const {
    descend(i, rx1::fma(args.step.weight_decay, out()[i], rx1::mul(x()[i], args.step.factor)));
  }
  ASSAY_SHARED void descend(std::uint64_t i, float by) const {
    out()[i] = rx1::canonical(rx1::fma(rx1::negate(args.step.rate), by, out()[i]));
  }

  ASSAY_SHARED void make(std::uint64_t row, std::uint64_t col) const {
    const std::uint64_t i = row * args.cols + col;
    switch (args.op) {
      case kTrainTurn: return turn(row, col);
      case kTrainSwiglu: return swiglu(row, col);
      case kTrainSwigluGradient: return swiglu_gradient(row, col);
      case kTrainRelu: x()[i] = x()[i] <= 0.0F ? 0.0F : x()[i]; return;
      case kTrainReluGradient: x()[i] = y()[i] == 0.0F ? 0.0F : x()[i]; return;
      case kTrainTakeRows:
        out()[i] = x()[reinterpret_cast<const std::uint32_t*>(args.y)[row] * args.cols + col];
        return;
      case kTrainRegress: return regress(i);
      case kTrainSumShares: return sum_shares(row, col);
      case kTrainAdam: return adam(i);
      case kTrainMomentum: return momentum(i);
      case kTrainSgd: return sgd(i);
    }
  }
};

}  // namespace assay::compute::cuda
