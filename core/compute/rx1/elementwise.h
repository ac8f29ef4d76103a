// The elementwise functions of RX-1 over arrays, at the speed of a CPU level. What each does to one
// element is elementary.h's and convert.h's to say; every level gives those bits. Pure; any thread
// whose float mode is the usual one (check_float_mode); the machine must have the level.
//
// `in` and `out` have the same size. They may be the same array where their types are the same, and
// must not overlap otherwise.
#pragma once

#include <cstdint>
#include <span>

#include "core/compute/engine.h"

namespace assay::compute::rx1 {

enum class Elementary { exp, sigmoid, silu, tanh, log, sin, cos };
inline constexpr Elementary kElementary[] = {
    Elementary::exp, Elementary::sigmoid, Elementary::silu, Elementary::tanh,
    Elementary::log, Elementary::sin,     Elementary::cos};
const char* elementary_name(Elementary function);  // "exp"

// out[i] = function(in[i])
void apply(Elementary function, std::span<const float> in, std::span<float> out,
           CpuLevel level = CpuLevel::scalar);

// Storage to f32, exactly, and back, to nearest even.
void widen_bf16(std::span<const std::uint16_t> in, std::span<float> out,
                CpuLevel level = CpuLevel::scalar);
void widen_f16(std::span<const std::uint16_t> in, std::span<float> out,
               CpuLevel level = CpuLevel::scalar);
void narrow_bf16(std::span<const float> in, std::span<std::uint16_t> out,
                 CpuLevel level = CpuLevel::scalar);
void narrow_f16(std::span<const float> in, std::span<std::uint16_t> out,
                CpuLevel level = CpuLevel::scalar);

}  // namespace assay::compute::rx1
