// The definitions of elementary.h, convert.h and sum.h as loops, which the compiler turns into the
// vector code of the including file's level. Internal linkage throughout: see kernels.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/compute/rx1/convert.h"
#include "core/compute/rx1/elementary.h"
#include "core/compute/rx1/kernels.h"
#include "core/compute/rx1/sum.h"

namespace assay::compute::rx1 {
namespace {

template <auto kFunction, class In, class Out>
void map(const In* in, Out* out, std::size_t count) {
#pragma GCC ivdep  // the arrays are disjoint, or the same
  for (std::size_t i = 0; i < count; ++i) out[i] = kFunction(in[i]);
}

void add_to_lanes(const float* __restrict x, std::size_t count, float* __restrict lanes) {
  for (std::size_t i = 0; i < count; i += kLanes) {
    for (std::size_t l = 0; l < kLanes; ++l) lanes[l] = add(lanes[l], x[i + l]);
  }
}

void add_squares_to_lanes(const float* __restrict x, std::size_t count, float* __restrict lanes) {
  for (std::size_t i = 0; i < count; i += kLanes) {
    for (std::size_t l = 0; l < kLanes; ++l) lanes[l] = fma(x[i + l], x[i + l], lanes[l]);
  }
}

constexpr Kernels kLoops = {
    {map<exp_f32, float, float>, map<sigmoid_f32, float, float>, map<silu_f32, float, float>,
     map<tanh_f32, float, float>, map<log_f32, float, float>, map<sin_f32, float, float>,
     map<cos_f32, float, float>},
    map<f32_of_bf16, std::uint16_t, float>,
    map<f32_of_f16, std::uint16_t, float>,
    map<bf16_of_f32, float, std::uint16_t>,
    map<f16_of_f32, float, std::uint16_t>,
    add_to_lanes,
    add_squares_to_lanes};

}  // namespace
}  // namespace assay::compute::rx1
