// Operands of igemm8 as the tiles of a level want them (kernels.h): rows side by side, in 32-bit
// groups of 4 consecutive k as bytes, or of 2 as s16. Internal to core/compute; pure; any thread.
#pragma once

#include "core/compute/cpu/kernels.h"

namespace assay::compute::cpu {

// `rows` <= `width` rows of x, row-major, k_size values each: out[g*width + i] is group g of row i,
// with `flip` XORed onto every byte where a group is 4 bytes. Missing k are zeros before that, and
// missing rows are zeros. Writes width * ceil(k_size / group) values; the level's group is 4 or 2.
void pack_panel(const Kernels& level, const std::int8_t* x, std::size_t rows, std::size_t k_size,
                std::size_t width, std::uint8_t flip, std::int32_t* out);

// The sum of k_size <= 131072 values.
std::int32_t sum_of_row(const std::int8_t* row, std::size_t k_size);

}  // namespace assay::compute::cpu
