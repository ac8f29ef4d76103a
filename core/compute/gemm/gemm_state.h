// The state of a gemm chain: its rows' scales as committed bytes, the check of a state that came
// from somebody else, and the result as f32 for people. Pure; any thread. Layout: gemm.h.
#pragma once

#include <span>

#include "core/compute/cpu/requantize.h"
#include "core/compute/tensor.h"

namespace assay::compute {

struct Plan;

inline constexpr std::int32_t kExponentMax = 1 << 22;
inline constexpr std::size_t kScaleBytes = 8;

StateShape gemm_state_shape(std::uint64_t rows, std::uint64_t cols);

cpu::RowScale read_scale(ByteView scale_bytes);  // kScaleBytes of them
void write_scale(const cpu::RowScale& scale, std::span<std::uint8_t> to);

std::span<const std::int8_t> as_s8(ByteView bytes);
std::span<std::int8_t> as_s8(std::span<std::uint8_t> bytes);

// One row against the contract. `start`: a row of state 0, which need not attain 127.
//   malformed    says which value is outside
Status check_gemm_row(std::span<const std::int8_t> q, const cpu::RowScale& scale, bool start);

// A whole state that came from elsewhere, about to be advanced by `step`, against the contract.
//   malformed    no such step, another shape, or the row and value that are outside
Status check_gemm_state(const Plan& plan, std::uint32_t step, const State& state);

// The values as a .npy file of f32, rounded to nearest even: beyond f32's range they become
// infinite or zero, while the committed bytes stay exact.
Bytes gemm_result_npy(const State& state);

}  // namespace assay::compute
