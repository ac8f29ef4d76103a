// One value of the elementwise kernel. Pure; any thread.
#pragma once

#include "core/compute/cuda/module_abi.h"
#include "core/compute/rx1/row_math.h"

namespace assay::compute::cuda {

ASSAY_SHARED inline float elementwise_value(ElementwiseOp op, float x, float y, float z) {
  switch (op) {
    case kAdd: return rx1::canonical(rx1::add(x, y));
    case kSubtract: return rx1::canonical(rx1::sub(x, y));
    case kMultiply: return rx1::canonical(rx1::mul(x, y));
    case kDivide: return rx1::canonical(rx1::div(x, y));
    case kSquareRoot: return rx1::canonical(rx1::sqrt(x));
    case kFusedMultiplyAdd: return rx1::canonical(rx1::fma(x, y, z));
    case kExp: return rx1::exp_f32(x);
    case kSigmoid: return rx1::sigmoid_f32(x);
    case kSilu: return rx1::silu_f32(x);
    case kTanh: return rx1::tanh_f32(x);
    case kLog: return rx1::log_f32(x);
    case kSin: return rx1::sin_f32(x);
    case kCos: return rx1::cos_f32(x);
    case kSwiglu: return rx1::gated(x, y);
  }
  return rx1::from_bits(rx1::kNanBits);
}

}  // namespace assay::compute::cuda
